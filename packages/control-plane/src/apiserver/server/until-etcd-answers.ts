import { type BackoffPolicy, backoffDelay, hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";

const RETRY: BackoffPolicy = { initialMs: 500, maxMs: 10_000, jitter: 0.5 };

/**
 * Does what a server needs before it can serve, again and again while etcd does not answer: a quorum that is just being elected, or a machine that is too
 * busy, is waited for like an etcd that is away. What is done must bear being done twice. Throws everything else, and the signal's reason.
 */
export async function untilEtcdAnswers<T>(
  work: () => Promise<T>,
  { logger, signal }: { logger: Logger; signal?: AbortSignal | undefined },
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, "STORE_UNAVAILABLE")) throw error;
      const delayMs = backoffDelay(RETRY, failures);
      logger.warn({ error: messageOf(error), delayMs }, "etcd is away, trying again before serving");
      await systemClock.sleep(delayMs, signal);
    }
  }
}
