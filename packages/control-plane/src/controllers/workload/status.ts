import {
  type WorkloadCondition as Condition,
  formatLabelSelector,
  type Pod,
  rfc3339,
  type Workload,
  type WorkloadStatus,
} from "@drydock/machinery";
import { findCondition, reasons, withCondition, withoutCondition } from "./conditions.ts";
import type { Fenceposts } from "./fenceposts.ts";
import { hashOf } from "./plan.ts";
import { isAvailable, isReady } from "./pod-state.ts";

/** What the status follows from. */
export interface Observation {
  workload: Workload;
  /** Pods that count as replicas. */
  active: readonly Pod[];
  /** How many others are still ending. */
  terminating: number;
  /** The revision of the wanted template; undefined while a paused Workload has none. */
  revision: { name: string; hash: string; created: boolean } | undefined;
  fenceposts: Fenceposts;
  /** Why the last attempt to create pods failed, if it did. */
  createFailure?: string | undefined;
  now: number;
}

/** Numbers and conditions as a Deployment's controller computes them (pkg/controller/deployment/{sync,progress}.go). */
export function computeStatus(seen: Observation): WorkloadStatus {
  const { workload, active, now } = seen;
  const { replicas = 1, minReadySeconds = 0 } = workload.spec;
  const availableReplicas = active.filter((pod) => isAvailable(pod, minReadySeconds, now)).length;
  const status: WorkloadStatus = {
    observedGeneration: workload.metadata.generation ?? 0,
    replicas: active.length,
    updatedReplicas: active.filter((pod) => seen.revision !== undefined && hashOf(pod) === seen.revision.hash).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas,
    unavailableReplicas: Math.max(0, Math.max(replicas, active.length) - availableReplicas),
    terminatingReplicas: seen.terminating,
    ...(workload.status?.collisionCount ? { collisionCount: workload.status.collisionCount } : {}),
    selector: formatLabelSelector(workload.spec.selector ?? {}),
  };
  status.conditions = conditionsFor(seen, status);
  return status;
}

/** When (ms) the progress deadline of a rollout passes; undefined when none is running. */
export function deadlineAt(workload: Workload, status: WorkloadStatus): number | undefined {
  const { progressDeadlineSeconds, paused } = workload.spec;
  const progressing = findCondition(status.conditions ?? [], "Progressing");
  if (progressDeadlineSeconds === undefined || paused === true || progressing?.lastUpdateTime === undefined)
    return undefined;
  if (progressing.reason === reasons.complete || progressing.reason === reasons.deadlineExceeded) return undefined;
  return Date.parse(progressing.lastUpdateTime) + progressDeadlineSeconds * 1000;
}

function conditionsFor(seen: Observation, next: WorkloadStatus): Condition[] {
  const { workload } = seen;
  const { replicas = 1 } = workload.spec;
  const time = rfc3339(seen.now);
  let conditions: Condition[] = workload.status?.conditions ?? [];

  const enough = (next.availableReplicas ?? 0) >= replicas - seen.fenceposts.maxUnavailable;
  conditions = withCondition(
    conditions,
    enough
      ? condition("Available", "True", reasons.minimumAvailable, "Workload has minimum availability.")
      : condition("Available", "False", reasons.minimumUnavailable, "Workload does not have minimum availability."),
    time,
  );

  conditions =
    seen.createFailure === undefined
      ? withoutCondition(conditions, "ReplicaFailure")
      : withCondition(conditions, condition("ReplicaFailure", "True", reasons.createFailed, seen.createFailure), time);

  return progressCondition(seen, next, conditions, time);
}

function progressCondition(seen: Observation, next: WorkloadStatus, before: Condition[], time: string): Condition[] {
  const { workload, revision, now } = seen;
  if (workload.spec.progressDeadlineSeconds === undefined) return withoutCondition(before, "Progressing");
  const current = findCondition(before, "Progressing");
  const set = (status: Condition["status"], reason: string, message: string) =>
    withCondition(before, condition("Progressing", status, reason, message), time);

  if (workload.spec.paused === true) {
    // A rollout that has failed stays failed for those who wait for it.
    if (current?.reason === reasons.deadlineExceeded) return before;
    return set("Unknown", reasons.paused, "Workload is paused");
  }
  if (revision === undefined) return before;
  const name = `Revision "${revision.name}"`;
  if (current?.reason === reasons.paused) return set("Unknown", reasons.resumed, "Workload is resumed");
  if (revision.created) return set("True", reasons.revisionCreated, `Created new revision "${revision.name}"`);
  if (current === undefined) return set("True", reasons.revisionFound, `Found revision "${revision.name}"`);
  // A rollout that has completed stays so when pods come and go later; only a new template starts another.
  if (current.reason === reasons.complete && next.updatedReplicas === next.replicas) return before;
  if (isComplete(workload, next)) return set("True", reasons.complete, `${name} has successfully progressed.`);
  if (hasProgressed(workload.status ?? {}, next)) {
    // Set anew although it may say the same: its update time is what the deadline counts from.
    const message = `${name} is progressing.`;
    const fresh = withCondition(
      withoutCondition(before, "Progressing"),
      condition("Progressing", "True", reasons.progressing, message),
      time,
    );
    if (current.status !== "True") return fresh;
    return fresh.map((other) =>
      other.type === "Progressing" ? { ...other, lastTransitionTime: current.lastTransitionTime ?? time } : other,
    );
  }
  const deadline = deadlineAt(workload, { conditions: before });
  if (deadline !== undefined && deadline <= now) {
    return set("False", reasons.deadlineExceeded, `${name} has timed out progressing.`);
  }
  return before;
}

/** All replicas are of the wanted template and available, and no others are left. */
export function isComplete(workload: Workload, status: WorkloadStatus): boolean {
  const { replicas = 1 } = workload.spec;
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    (status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0)
  );
}

function hasProgressed(old: WorkloadStatus, next: WorkloadStatus): boolean {
  const outdated = (status: WorkloadStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    outdated(next) < outdated(old) ||
    (next.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

function condition(type: string, status: Condition["status"], reason: string, message: string) {
  return { type, status, reason, message };
}
