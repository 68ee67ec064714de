import type { Pod } from "@drydock/machinery";
import { deletionCostAnnotation } from "./labels.ts";
import { isAvailable, isReady, maxRestarts, readySince } from "./pod-state.ts";

/** The moment of the decision (ms), and how long a pod must have been Ready by then to be available. */
export interface When {
  now: number;
  minReadySeconds: number;
}

/**
 * Sorts pods so that those whose loss hurts least come first; shrinking deletes from the front. The order is that of
 * Kubernetes' ReplicaSet controller (pkg/controller/controller_utils.go, ActivePodsWithRanks): not assigned to a node, Pending,
 * not ready, lower deletion cost, more of its siblings on its node, ready for a shorter time, more restarts, younger. One rank is added:
 * a pod that is ready but not yet for minReadySeconds goes before one that is available, so that shrinking keeps its promise. Among equals the name decides, so that two controllers that see the same pods choose the same ones.
 */
export function sortForDeletion(pods: readonly Pod[], siblings: readonly Pod[], when: When): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of siblings) {
    const node = pod.spec.nodeName;
    if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  return pods
    .map((pod) => ({ pod, rank: rankOf(pod, perNode, when) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1))
    .map(({ pod }) => pod);
}

/** Smaller is deleted first, from the first number that differs. */
function rankOf(pod: Pod, perNode: ReadonlyMap<string, number>, { now, minReadySeconds }: When): number[] {
  const node = pod.spec.nodeName;
  return [
    node ? 1 : 0,
    phaseRank(pod.status?.phase),
    isReady(pod) ? 1 : 0,
    isAvailable(pod, minReadySeconds, now) ? 1 : 0,
    deletionCost(pod),
    -(node ? (perNode.get(node) ?? 0) : 0),
    isReady(pod) ? logarithmicAge(readySince(pod) ?? now, now) : 0,
    -maxRestarts(pod),
    logarithmicAge(Date.parse(pod.metadata.creationTimestamp ?? "") || now, now),
  ];
}

function phaseRank(phase: string | undefined): number {
  return phase === "Running" ? 2 : phase === "Unknown" ? 1 : 0;
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[deletionCostAnnotation] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

/** Ages are compared by magnitude: a pod of 100 minutes has proved itself no less than one of 101. */
function logarithmicAge(since: number, now: number): number {
  return Math.floor(Math.log2(Math.max(1, (now - since) / 1000)));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
