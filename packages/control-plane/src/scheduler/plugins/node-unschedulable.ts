import { taintKeys, tolerates } from "../../taints.ts";
import type { FilterPlugin } from "../framework.ts";

const verdict = { reasons: ["node(s) were unschedulable"], unresolvable: true };

/** Keeps pods off nodes that were cordoned, except those that tolerate the taint which says the same. */
export const nodeUnschedulable: FilterPlugin = {
  name: "NodeUnschedulable",
  retryOn: ["NodeAdded", "NodeTaintsChanged"],
  filter(_cycle, { tolerations }, { node }) {
    if (node.spec?.unschedulable !== true) return undefined;
    const taint = { key: taintKeys.unschedulable, effect: "NoSchedule" } as const;
    return tolerations.some((toleration) => tolerates(toleration, taint)) ? undefined : verdict;
  },
};
