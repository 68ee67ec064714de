import { open } from "node:fs/promises";
import { type Clock, systemClock } from "@drydock/kit";
import { imageError } from "../errors.ts";
import { loadKernel } from "../kernel.ts";

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Gives up with IMAGE_IN_USE after this many ms; waits for ever unless stated. */
  waitMs?: number;
  clock?: Clock;
}

const retryMs = 10;

/**
 * Runs `action` while holding the store's lock (flock(2)). Whoever adds to the store holds it shared, from the first
 * byte written until the image has its name; garbage collection holds it exclusively, for moments. So what it finds
 * without a name has no owner that is still alive, in whatever process or pid namespace: the kernel lets go of the lock
 * when its holder dies.
 */
export async function withStoreLock<T>(
  path: string,
  kind: "shared" | "exclusive",
  action: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const kernel = await loadKernel();
  const { signal, waitMs = Number.POSITIVE_INFINITY, clock = systemClock } = options;
  // A lock belongs to the open file, so two holders in one process need one open file each.
  const file = await open(path, "a", 0o600);
  try {
    const giveUpAt = clock.now() + waitMs;
    while (!kernel.tryLock(file.fd, kind)) {
      if (clock.now() >= giveUpAt) {
        throw imageError("IMAGE_IN_USE", `image store is busy: ${path} is still locked after ${waitMs} ms`, {
          details: { lock: path },
          hint: "wait until running pulls and imports have ended, then try again",
        });
      }
      await clock.sleep(retryMs, signal);
    }
    return await action();
  } finally {
    await file.close();
  }
}
