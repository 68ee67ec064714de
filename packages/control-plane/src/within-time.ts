import type { Clock } from "@drydock/kit";

/** Waits for `work`, but no longer than `ms`. For what is good to have done at the end and not worth hanging for. */
export async function withinTime(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const timer = new AbortController();
  const timeout = clock.sleep(ms, timer.signal).catch(() => {
    // The work was quicker.
  });
  await Promise.race([work, timeout]);
  timer.abort();
}
