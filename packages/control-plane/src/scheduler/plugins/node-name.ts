import type { FilterPlugin } from "../framework.ts";

const verdict = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };

/** A pod that names its node goes nowhere else. */
export const nodeName: FilterPlugin = {
  name: "NodeName",
  retryOn: ["NodeAdded"],
  filter(_cycle, { pod }, node) {
    return pod.spec.nodeName && pod.spec.nodeName !== node.name ? verdict : undefined;
  },
};
