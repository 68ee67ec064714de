import { taintKeys, tolerates } from "../../taints.ts";
import type { FilterPlugin } from "../framework.ts";

const verdict = { reasons: ["node(s) were not ready"], unresolvable: true };

/**
 * Keeps pods off nodes whose Ready condition is not True. In Kubernetes the taint not-ready, which admission puts on each new node, does
 * this alone; here it also covers the moment between a node's condition and its taint. A pod that tolerates the taint passes.
 */
export const nodeReady: FilterPlugin = {
  name: "NodeReady",
  retryOn: ["NodeAdded", "NodeConditionsChanged"],
  filter(_cycle, { tolerations }, node) {
    if (node.ready) return undefined;
    const taint = { key: taintKeys.notReady, effect: "NoSchedule" } as const;
    return tolerations.some((toleration) => tolerates(toleration, taint)) ? undefined : verdict;
  },
};
