import { isConditionTrue, type Pod, type PodDisruptionBudget } from "@drydock/machinery";

export interface EvictionVerdict {
  /** False for pods whose end changes nothing for the budget. */
  counts: boolean;
  refusal?: { message: string; cause: string; retryAfterSeconds: number };
}

/** kube-apiserver's wait before the next try, while the budget's status is being computed. */
const retryAfterSeconds = 10;

/**
 * May a pod be evicted as far as this budget goes? Pure; follows pkg/registry/core/pod/storage/eviction.go: a pod that
 * has ended, waits to start or is on its way out may always go; a budget whose status is behind allows nothing.
 */
export function judgeEviction(pod: Pod, budget: PodDisruptionBudget): EvictionVerdict {
  const { phase, conditions } = pod.status ?? {};
  if (pod.metadata.deletionTimestamp || phase === "Succeeded" || phase === "Failed" || phase === "Pending") {
    return { counts: false };
  }
  const { metadata, spec, status } = budget;
  const current = status?.currentHealthy ?? 0;
  const desired = status?.desiredHealthy ?? 0;
  if (!isConditionTrue(conditions, "Ready")) {
    const always = spec?.unhealthyPodEvictionPolicy === "AlwaysAllow";
    // Its end takes nothing healthy away.
    if (always || (current >= desired && desired > 0)) return { counts: false };
  }
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return refused(`The disruption budget ${metadata.name} is still being processed by the server.`);
  }
  if ((status?.disruptionsAllowed ?? 0) <= 0) {
    return refused(
      `The disruption budget ${metadata.name} needs ${desired} healthy pods and has ${current} currently`,
      0,
    );
  }
  return { counts: true };
}

function refused(cause: string, retry = retryAfterSeconds): EvictionVerdict {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return { counts: true, refusal: { message, cause, retryAfterSeconds: retry } };
}
