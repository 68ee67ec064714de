import type { WorkloadCondition as Condition } from "@drydock/machinery";

/** Reasons of a Workload's conditions: those of an apps/v1 Deployment, so that what is written about them elsewhere holds here. */
export const reasons = {
  minimumAvailable: "MinimumReplicasAvailable",
  minimumUnavailable: "MinimumReplicasUnavailable",
  revisionCreated: "NewReplicaSetCreated",
  revisionFound: "FoundNewReplicaSet",
  progressing: "ReplicaSetUpdated",
  complete: "NewReplicaSetAvailable",
  deadlineExceeded: "ProgressDeadlineExceeded",
  paused: "DeploymentPaused",
  resumed: "DeploymentResumed",
  createFailed: "FailedCreate",
} as const;

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

/**
 * The list with `next` in it. The transition time stays when the status does; a condition that says the same as before is left as it
 * was, so that deciding twice writes once.
 */
export function withCondition(
  conditions: readonly Condition[],
  next: Pick<Condition, "type" | "status" | "reason" | "message">,
  time: string,
): Condition[] {
  const old = findCondition(conditions, next.type);
  if (old?.status === next.status && old.reason === next.reason) return [...conditions];
  const lastTransitionTime = old?.status === next.status ? (old.lastTransitionTime ?? time) : time;
  const condition: Condition = { ...next, lastTransitionTime, lastUpdateTime: time };
  return old === undefined
    ? [...conditions, condition]
    : conditions.map((other) => (other.type === next.type ? condition : other));
}
