import type { AnyPlugin } from "./framework.ts";
import { balancedAllocation } from "./plugins/balanced-allocation.ts";
import { leastAllocated } from "./plugins/least-allocated.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodeReady } from "./plugins/node-ready.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeSelector } from "./plugins/node-selector.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";

/** What a scheduler runs for the pods that name it. */
export interface Profile {
  /** Pods with this spec.schedulerName are ours. */
  schedulerName: string;
  /** In the order in which filters run: the first that rejects a node is the reason that is reported. */
  plugins: readonly AnyPlugin[];
  /** Weight of a plugin's score; 1 when it is not listed. */
  weights: Readonly<Record<string, number>>;
  /** Share of the nodes that must have passed until no more are looked at; 0 lets the number of nodes decide. */
  percentageOfNodesToScore: number;
}

/** The order of kube-scheduler's default plugins. */
export const defaultProfile: Profile = {
  schedulerName: "default-scheduler",
  plugins: [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeReady,
    nodeSelector,
    nodeResourcesFit,
    leastAllocated,
    balancedAllocation,
  ],
  weights: { TaintToleration: 3 },
  percentageOfNodesToScore: 0,
};

/** With fewer nodes than this all are looked at. */
const minFeasibleNodes = 100;

/** How many nodes that fit are enough: in large clusters a good node out of some is nearly as good as the best of all, and much quicker. */
export function enoughNodes(nodes: number, percentage: number): number {
  if (nodes < minFeasibleNodes) return nodes;
  const adaptive = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(minFeasibleNodes, Math.floor((nodes * Math.min(100, adaptive)) / 100));
}
