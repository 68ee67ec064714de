export interface BackoffPolicy {
  /** Delay before the first retry, ms. */
  initialMs: number;
  /** No delay is longer than this, ms. */
  maxMs: number;
  /** Growth from one failure to the next; 2 unless stated. */
  factor?: number;
  /** Fraction of the delay that is randomised, 0 to 1; 0 unless stated. */
  jitter?: number;
}

/** The delay in ms before retry number `failures` (1 = first retry). Pure: randomness comes in as a parameter. */
export function backoffDelay(policy: BackoffPolicy, failures: number, random: () => number = Math.random): number {
  const { initialMs, maxMs, factor = 2, jitter = 0 } = policy;
  const full = Math.min(maxMs, initialMs * factor ** Math.max(0, failures - 1));
  return Math.round(full * (1 - jitter * random()));
}
