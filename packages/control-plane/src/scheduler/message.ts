import type { Decision } from "./schedule.ts";

/**
 * Why a pod fits nowhere, in kube-scheduler's words: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
 * Reasons are counted over all nodes; a node with two reasons counts for both.
 */
export function unschedulableMessage({ verdicts, nodesTotal }: Decision): string {
  if (nodesTotal === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const { rejections } of verdicts) {
    // Only the first plugin's reasons, also when all verdicts were asked for: what is explained must not differ from what was reported.
    for (const reason of rejections[0]?.reasons ?? []) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodesTotal} nodes are available: ${reasons.join(", ")}.`;
}

/** The plugins that turned the pod down on some node. */
export function rejectingPlugins({ verdicts }: Decision): Set<string> {
  return new Set(verdicts.flatMap(({ rejections }) => rejections.slice(0, 1).map(({ plugin }) => plugin)));
}
