import { createWriteStream, type WriteStream } from "node:fs";
import { rename, stat } from "node:fs/promises";
import { errnoOf, type Logger, messageOf } from "@drydock/kit";

/** A file of this size makes room for a new one; the one before is kept beside it as FILE.1. */
const fileLimitBytes = 100 * 1024 * 1024;

export interface AuditLog {
  write(event: object): void;
  close(): Promise<void>;
}

/** Appends one JSON line an event. A disk that is full costs lines, never requests; the log says so once. */
export async function openAuditLog(file: string, logger: Logger, limitBytes = fileLimitBytes): Promise<AuditLog> {
  let size = await sizeOf(file);
  let stream = open();
  let complained = false;
  let turning: Promise<void> | undefined;

  function open(): WriteStream {
    const opened = createWriteStream(file, { flags: "a", mode: 0o600 });
    opened.on("error", (error) => {
      if (!complained) logger.error({ file, error: messageOf(error) }, "the audit log cannot be written");
      complained = true;
    });
    return opened;
  }

  async function turn(): Promise<void> {
    const full = stream;
    await new Promise<void>((resolve) => full.end(resolve));
    await rename(file, `${file}.1`).catch((error) =>
      logger.error({ file, error: messageOf(error) }, "the audit log cannot be turned"),
    );
    stream = open();
    size = 0;
    turning = undefined;
  }

  return {
    write(event) {
      const line = `${JSON.stringify(event)}\n`;
      size += Buffer.byteLength(line);
      // While one file gives way to the next, lines wait for it.
      if (turning) void turning.then(() => stream.write(line));
      else stream.write(line);
      if (size > limitBytes) turning ??= turn();
    },
    async close() {
      await turning;
      if (!stream.destroyed) await new Promise<void>((resolve) => stream.end(resolve));
    },
  };
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}
