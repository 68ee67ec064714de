import { isConditionTrue, type Pod, type PodDisruptionBudget } from "@drydock/machinery";

/** An evicted pod that has not gone after so long (ms) is not going: it counts again (upstream: DeletionTimeout). */
const disruptionTimeoutMs = 2 * 60_000;

export type BudgetStatus = NonNullable<PodDisruptionBudget["status"]>;
type Spec = NonNullable<PodDisruptionBudget["spec"]>;

/**
 * What a budget allows, given its pods and how many there should be. Pure; follows pkg/controller/disruption: healthy are
 * those that are ready and were not evicted a moment ago.
 */
export function judgeBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  expectedPods: number,
  nowMs: number,
): BudgetStatus {
  const disruptedPods = stillDisrupted(budget, pods, nowMs);
  const currentHealthy = pods.filter(
    ({ metadata, status }) =>
      !metadata.deletionTimestamp && !(metadata.name in disruptedPods) && isConditionTrue(status?.conditions, "Ready"),
  ).length;
  const desiredHealthy = desiredOf(budget.spec ?? {}, expectedPods);
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    disruptionsAllowed: expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy),
    currentHealthy,
    desiredHealthy,
    expectedPods,
  };
}

/** Evicted pods that are still to go: those that are gone or marked as going are seen as such, others are given up on. */
function stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): Record<string, string> {
  const left: Record<string, string> = {};
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (pod && !pod.metadata.deletionTimestamp && nowMs - Date.parse(time) < disruptionTimeoutMs) left[name] = time;
  }
  return left;
}

function desiredOf({ minAvailable, maxUnavailable }: Spec, expected: number): number {
  if (maxUnavailable !== undefined) return Math.max(0, expected - share(maxUnavailable, expected));
  return minAvailable === undefined ? 0 : share(minAvailable, expected);
}

/** A number, or a share of `total`, rounded up. */
function share(value: number | string, total: number): number {
  return typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}
