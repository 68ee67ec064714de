import { maxNodeScore, type ScorePlugin } from "../framework.ts";

/**
 * Prefers nodes of which the smaller part is requested: the mean over cpu and memory of the share that stays free with the pod on it.
 * This is NodeResourcesFit's scoring strategy LeastAllocated, except that scores are not rounded to whole numbers: kube-scheduler
 * picks among equal scores at random, we by name, so that small pods on large nodes must not look equal.
 */
export const leastAllocated: ScorePlugin = {
  name: "LeastAllocated",
  score(_cycle, { scoredRequests }, { allocatable, scoredRequested }) {
    const cpu = freeShare(scoredRequested.milliCpu + scoredRequests.milliCpu, allocatable.milliCpu);
    const memory = freeShare(scoredRequested.memory + scoredRequests.memory, allocatable.memory);
    return (maxNodeScore * (cpu + memory)) / 2;
  },
};

function freeShare(requested: number, allocatable: number): number {
  return requested >= allocatable ? 0 : (allocatable - requested) / allocatable;
}
