import type { Taint, Toleration } from "@drydock/machinery";
import { tolerates } from "../../taints.ts";
import { type FilterPlugin, maxNodeScore, type ScorePlugin } from "../framework.ts";

/** Rejects nodes with a taint that the pod does not tolerate; among the others, fewer PreferNoSchedule taints are better. */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: "TaintToleration",
  retryOn: ["NodeAdded", "NodeTaintsChanged"],
  filter(_cycle, { tolerations }, { node }) {
    const taint = node.spec?.taints?.find(
      (taint) => taint.effect !== "PreferNoSchedule" && untolerated(taint, tolerations),
    );
    if (taint === undefined) return undefined;
    return {
      reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`],
      unresolvable: true,
    };
  },
  /** The number of taints that speak against the node, until it is normalised. */
  score(_cycle, { tolerations }, { node }) {
    let count = 0;
    for (const taint of node.spec?.taints ?? []) {
      if (taint.effect === "PreferNoSchedule" && untolerated(taint, tolerations)) count++;
    }
    return count;
  },
  normalizeScore(_cycle, _pod, scores) {
    const most = Math.max(...scores);
    for (let i = 0; i < scores.length; i++) {
      scores[i] = most === 0 ? maxNodeScore : maxNodeScore * (1 - (scores[i] ?? 0) / most);
    }
  },
};

function untolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return !tolerations.some((toleration) => tolerates(toleration, taint));
}
