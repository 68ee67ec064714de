/**
 * Runs `action` for each item, at most `limit` at a time, in order of the list. The first error aborts the others, and
 * is thrown when all have ended.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal | undefined,
  action: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      either.throwIfAborted();
      await action(item, either);
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      // The reason of the first abort is the first error: what the others throw after it is a consequence.
      failed.abort(error);
    }),
  );
  await Promise.all(workers);
  either.throwIfAborted();
}
