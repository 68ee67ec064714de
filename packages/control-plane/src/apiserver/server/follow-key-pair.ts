import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Logger, messageOf } from "@drydock/kit";
import { type KeyPair, parseKeyPair, type StoredKeyPair } from "../../pki/key-pair.ts";

/**
 * Tells of each new certificate that is put in the place of `pair`'s file, until the signal aborts: a certificate that
 * is renewed on disk is shown to the next client without a restart.
 */
export function followKeyPair(
  pair: StoredKeyPair,
  changed: (pair: KeyPair) => void,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): void {
  const { file } = pair;
  let known = pair.cert;
  const look = async (): Promise<void> => {
    try {
      const { cert, key } = parseKeyPair(await readFile(file, "utf8"), file);
      if (cert === known) return;
      known = cert;
      changed({ cert, key });
      logger.info({ file }, "certificate was renewed and is in use");
    } catch (error) {
      logger.error(
        { file, error: messageOf(error) },
        "certificate on disk cannot be used; the one before stays in use",
      );
    }
  };
  // The directory, not the file: a renewal renames another file into its place.
  const watcher = watch(dirname(file), { persistent: false, signal }, (_event, name) => {
    if (name === basename(file)) void look();
  });
  watcher.on("error", (error) => logger.error({ file, error: messageOf(error) }, "certificate is no longer followed"));
}
