import type { FilterPlugin, PreFilterPlugin } from "../framework.ts";

const verdict = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

/** `spec.nodeSelector`: the node must have all these labels. Goes by the name of the Kubernetes plugin that checks affinity as well. */
export const nodeSelector: PreFilterPlugin & FilterPlugin = {
  name: "NodeAffinity",
  retryOn: ["NodeAdded", "NodeLabelsChanged"],
  preFilter(cycle, { pod }) {
    const wanted = Object.entries(pod.spec.nodeSelector ?? {});
    if (wanted.length === 0) return "skip";
    cycle.set(this.name, wanted);
    return undefined;
  },
  filter(cycle, _pod, { node }) {
    const wanted = cycle.get(this.name) as [string, string][];
    const labels = node.metadata.labels ?? {};
    return wanted.every(([key, value]) => labels[key] === value) ? undefined : verdict;
  },
};
