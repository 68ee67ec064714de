import { type BackoffPolicy, backoffDelay, type Clock, type Logger, messageOf, systemClock } from "@drydock/kit";

/** Something that runs and may end by itself: a process here, or one inside a node. */
export interface Part {
  /** In the host's pid namespace. */
  pid: number;
  /** Resolves with a few words about how it ended. Never rejects. */
  ended: Promise<string>;
  /** Ends it and resolves when it has ended. */
  stop(): Promise<void>;
}

export interface KeepRunningOptions {
  name: string;
  start: () => Promise<Part>;
  /** Called whenever it has been started: what runs now, and how often it had to be started again. */
  started: (part: Part, restarts: number) => void | Promise<void>;
  /** When it is aborted the part is left alone: whoever aborts stops it. */
  signal: AbortSignal;
  logger: Logger;
  clock?: Clock;
}

const policy: BackoffPolicy = { initialMs: 200, maxMs: 10_000 };
/** After so long the next end counts as the first again. */
const healthyMs = 30_000;

/** Starts a part that has ended again, with growing pauses while it keeps ending. Resolves when the signal is aborted. */
export async function keepRunning(first: Part, options: KeepRunningOptions): Promise<void> {
  const { name, start, started, signal, logger, clock = systemClock } = options;
  let part = first;
  let restarts = 0;
  let failures = 0;
  let since = clock.now();
  for (;;) {
    const how = await Promise.race([part.ended, aborted(signal)]);
    if (signal.aborted) return;
    failures = clock.now() - since > healthyMs ? 1 : failures + 1;
    for (let running = false; !running; ) {
      const delayMs = backoffDelay(policy, failures);
      logger.warn({ part: name, how, restarts, delayMs }, "part ended, starting it again");
      try {
        await clock.sleep(delayMs, signal);
        part = await start();
        running = true;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        logger.error({ part: name, error: messageOf(error) }, "part could not be started");
      }
    }
    restarts += 1;
    since = clock.now();
    try {
      await started(part, restarts);
    } catch (error) {
      // It runs, and is watched on: that the record of it could not be written (a full disk) is no reason to leave it alone.
      logger.error({ part: name, error: messageOf(error) }, "a part that runs could not be recorded");
    }
  }
}

function aborted(signal: AbortSignal): Promise<string> {
  if (signal.aborted) return Promise.resolve("stopped");
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}
