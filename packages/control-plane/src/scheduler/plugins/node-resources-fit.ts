import type { FilterPlugin } from "../framework.ts";

/** What the pods on a node request must not be more than the node has; what they really use does not count. */
export const nodeResourcesFit: FilterPlugin = {
  name: "NodeResourcesFit",
  retryOn: ["NodeAdded", "NodeResourcesChanged", "PodRemoved"],
  filter(_cycle, { requests }, { allocatable, requested, pods }) {
    const reasons: string[] = [];
    let hopeless = false;
    if (pods.size + 1 > allocatable.pods) reasons.push("Too many pods");
    if (requests.milliCpu > 0 && requests.milliCpu > allocatable.milliCpu - requested.milliCpu) {
      reasons.push("Insufficient cpu");
      hopeless ||= requests.milliCpu > allocatable.milliCpu;
    }
    if (requests.memory > 0 && requests.memory > allocatable.memory - requested.memory) {
      reasons.push("Insufficient memory");
      hopeless ||= requests.memory > allocatable.memory;
    }
    return reasons.length === 0 ? undefined : { reasons, unresolvable: hopeless };
  },
};
