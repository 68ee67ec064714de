import { type BackoffPolicy, backoffDelay } from "@drydock/kit";
import type { ObservedContainer, ObservedSandbox } from "../port/pod-runtime.ts";

/** What the end of one run means for the next. */
export interface RestartPlan {
  /** When the next run may begin, ms since the epoch. */
  at: number;
  /** The wait that led to `at`, ms; 0 after a first failure or a long run. */
  delayMs: number;
  /** The next run's `failures`. */
  failures: number;
}

/**
 * Computed from the last run alone, so that nothing need be remembered: each run carries how many failures led to it. A first failure is
 * followed by a restart at once; a run that lasted twice the longest back-off starts the count anew. A run that went with its sandbox (the
 * machine was restarted) did not fail: the next one comes at once and counts no more than it did. kubelet has the same effect, because it
 * forgets its back-offs when it ends.
 */
export function restartPlan(
  last: ObservedContainer,
  policy: BackoffPolicy,
  sandbox: ObservedSandbox | undefined,
): RestartPlan {
  const finished = Date.parse(last.finishedAt ?? last.createdAt);
  if (sandbox?.state !== "ready" || sandbox.createdAt > last.createdAt) {
    return { at: finished, delayMs: 0, failures: last.failures };
  }
  const started = Date.parse(last.startedAt ?? last.finishedAt ?? last.createdAt);
  const failures = finished - started >= 2 * policy.maxMs ? 0 : last.failures;
  const delayMs = failures === 0 ? 0 : backoffDelay(policy, failures);
  return { at: finished + delayMs, delayMs, failures: failures + 1 };
}
