import type { Lease, Node, NodeCondition } from "@drydock/machinery";
import { rfc3339 } from "@drydock/machinery";

/** What a node last said, and when we saw it say so (ms, by our own clock: the node's may be wrong). */
export interface Heartbeat {
  /** Changes with each sign of life; its content has no meaning. */
  mark: string;
  seenAt: number;
}

/** Everything by which a node shows that it lives: its Lease, and what its agent writes into its Ready condition. */
export function heartbeatMark(node: Node, lease: Lease | undefined): string {
  const ready = findCondition(node, "Ready");
  // Unknown is what this controller writes when it hears nothing: its own words are no sign of life.
  const said =
    ready === undefined || ready.status === "Unknown" ? "" : `${ready.status}/${ready.lastHeartbeatTime ?? ""}`;
  return `${lease?.metadata.uid ?? ""}/${lease?.spec?.renewTime ?? ""}/${said}`;
}

/** The heartbeat to remember: the old one when nothing new was said. */
export function observeHeartbeat(before: Heartbeat | undefined, mark: string, now: number): Heartbeat {
  return before?.mark === mark ? before : { mark, seenAt: now };
}

export interface HealthJudgement {
  /** Conditions to write; undefined when they say what is the case already. */
  conditions?: NodeCondition[];
  /** When to look again (ms from now) if nothing is heard until then. */
  recheckAfterMs?: number;
}

/** The conditions that become Unknown when a node is not heard of. */
const reported = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/**
 * Judges a node by its last heartbeat: silent for longer than `graceMs`, all that it has reported becomes Unknown. It is the node's agent
 * that sets the conditions right again. Words and reasons are those of Kubernetes' node lifecycle controller.
 */
export function judgeHealth(node: Node, heartbeat: Heartbeat, graceMs: number, now: number): HealthJudgement {
  const silentFor = now - heartbeat.seenAt;
  if (silentFor < graceMs) return { recheckAfterMs: graceMs - silentFor };
  const old = node.status?.conditions ?? [];
  if (findCondition(node, "Ready")?.status === "Unknown") return {};

  const time = rfc3339(now);
  const conditions = old.map((condition) => {
    if (!reported.includes(condition.type) || condition.status === "Unknown") return condition;
    return {
      ...condition,
      status: "Unknown" as const,
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: time,
    };
  });
  if (findCondition(node, "Ready") === undefined) {
    conditions.push({
      type: "Ready",
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp ?? time,
      lastTransitionTime: time,
    });
  }
  return { conditions };
}

export function findCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}
