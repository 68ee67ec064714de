import { hasCode, type Logger } from "@drydock/kit";
import type { Store } from "../../store/store.ts";
import type { Sealer } from "./sealer.ts";

/** Values read at a time. */
const step = 200;

/**
 * Encrypts what is not encrypted with the current key: from before encryption, or before a rotation. The objects stay
 * what they are. Returns how many values were written.
 */
export async function reencrypt(store: Store, prefix: string, sealer: Sealer, logger: Logger): Promise<number> {
  let written = 0;
  let after: string | undefined;
  do {
    const page = await store.list(prefix, { limit: step, ...(after === undefined ? {} : { after }) });
    for (const { key, value, modRevision } of page.items) {
      if (!sealer.isStale(value)) continue;
      try {
        await store.update(key, sealer.seal(key, sealer.open(key, value)), modRevision);
        written++;
      } catch (error) {
        // Changed or deleted meanwhile: whoever did that has encrypted it, or nothing is left of it.
        if (hasCode(error, "STORE_CONFLICT", "STORE_NOT_FOUND")) continue;
        if (!hasCode(error, "STORE_UNDECRYPTABLE")) throw error;
        logger.error({ key, error: error.message }, "a value cannot be decrypted, and stays as it is");
      }
    }
    after = page.next;
  } while (after !== undefined);
  if (written > 0) logger.info({ prefix, written }, "encrypted with the current key");
  return written;
}
