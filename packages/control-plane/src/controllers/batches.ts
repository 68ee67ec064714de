/** What came of many requests: how many succeeded, and why others did not. Those after the first failing batch were not tried. */
export interface BatchResult {
  succeeded: number;
  errors: unknown[];
}

/**
 * Runs `work` on all items, in parallel batches that double in size as long as everything succeeds. When all would fail alike (a quota is
 * used up, say), only the first few requests are wasted.
 */
export async function inGrowingBatches<T>(
  items: readonly T[],
  firstBatch: number,
  work: (item: T) => Promise<unknown>,
): Promise<BatchResult> {
  const result: BatchResult = { succeeded: 0, errors: [] };
  for (let start = 0, size = firstBatch; start < items.length; start += size, size *= 2) {
    const outcomes = await Promise.allSettled(items.slice(start, start + size).map(work));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") result.succeeded++;
      else result.errors.push(outcome.reason);
    }
    if (result.errors.length > 0) break;
  }
  return result;
}
