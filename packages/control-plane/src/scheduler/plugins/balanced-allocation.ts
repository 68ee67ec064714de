import { maxNodeScore, type PreScorePlugin, type ScorePlugin } from "../framework.ts";

/** Prefers nodes on which cpu and memory are used up evenly with the pod on it, so that neither is stranded without the other. */
export const balancedAllocation: PreScorePlugin & ScorePlugin = {
  name: "NodeResourcesBalancedAllocation",
  /** A pod that requests nothing changes no balance. */
  preScore(_cycle, { requests }) {
    return requests.milliCpu === 0 && requests.memory === 0 ? "skip" : undefined;
  },
  score(_cycle, { requests }, { allocatable, requested }) {
    const cpu = share(requested.milliCpu + requests.milliCpu, allocatable.milliCpu);
    const memory = share(requested.memory + requests.memory, allocatable.memory);
    // The standard deviation of two numbers is half their distance.
    return maxNodeScore * (1 - Math.abs(cpu - memory) / 2);
  },
};

function share(requested: number, allocatable: number): number {
  return allocatable === 0 ? 1 : Math.min(1, requested / allocatable);
}
