import type { Node, Taint } from "@drydock/machinery";
import { rfc3339 } from "@drydock/machinery";
import { taintKeys } from "../../taints.ts";
import { findCondition } from "./health.ts";

const { notReady, unreachable, unschedulable, memoryPressure, diskPressure, pidPressure, networkUnavailable } =
  taintKeys;

/** Conditions that keep new pods away while they are True. */
const whileTrue = [
  ["MemoryPressure", memoryPressure],
  ["DiskPressure", diskPressure],
  ["PIDPressure", pidPressure],
  ["NetworkUnavailable", networkUnavailable],
] as const;

/** The keys that are ours: taints of other keys are left alone, those of these keys are there exactly when they should be. */
const ours: ReadonlySet<string> = new Set(Object.values(taintKeys));

/**
 * The taints that a node should have, or undefined when it has them. Ready=False and Ready=Unknown each put two taints on the node: NoSchedule
 * keeps new pods away at once, NoExecute starts the time after which its pods are evicted.
 */
export function desiredTaints(node: Node, now: number): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  const ready = findCondition(node, "Ready")?.status;
  const key = ready === "Unknown" ? unreachable : ready === "False" ? notReady : undefined;
  if (key !== undefined) wanted.push({ key, effect: "NoSchedule" }, { key, effect: "NoExecute" });
  for (const [type, taint] of whileTrue) {
    if (findCondition(node, type)?.status === "True") wanted.push({ key: taint, effect: "NoSchedule" });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: unschedulable, effect: "NoSchedule" });

  const foreign = current.filter((taint) => !ours.has(taint.key));
  const time = rfc3339(now);
  const next = wanted.map((taint): Taint => {
    const old = current.find((other) => other.key === taint.key && other.effect === taint.effect);
    // The time at which a taint was set is when the pods' time began to run; it stays.
    return old ?? { ...taint, timeAdded: time };
  });
  const unchanged = next.every((taint) => current.includes(taint)) && current.length === foreign.length + next.length;
  return unchanged ? undefined : [...foreign, ...next];
}
