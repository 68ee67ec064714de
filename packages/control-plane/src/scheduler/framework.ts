import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";

/**
 * The extension points of the scheduler, named and shaped like those of kube-scheduler's framework. A plugin is one file in plugins/ that
 * has one or more of them; a profile lists which ones run. Plugins are functions of what they are given: they keep nothing
 * from one pod to the next, and what they work out once a pod they put into the CycleState.
 */
export interface Plugin {
  /** As it is written in profiles, verdicts and events. */
  readonly name: string;
}

/** Why a node cannot have the pod. */
export interface Verdict {
  /** In Kubernetes' words; goes into the pod's condition with the number of nodes before it. */
  readonly reasons: readonly string[];
  /** True when removing other pods from the node would not help. */
  readonly unresolvable?: boolean;
}

/** What happens in a cluster that can give a pod that was turned down a new chance. */
export type ClusterEvent =
  | "NodeAdded"
  | "NodeResourcesChanged"
  | "NodeLabelsChanged"
  | "NodeTaintsChanged"
  | "NodeConditionsChanged"
  | "PodRemoved";

/** What plugins keep while one pod is being scheduled, by plugin name. */
export type CycleState = Map<string, unknown>;

/** Runs once a pod, before the nodes are looked at. */
export interface PreFilterPlugin extends Plugin {
  /** A verdict rejects the pod on every node; "skip" leaves this plugin's filter out for the pod. */
  preFilter(cycle: CycleState, pod: PodInfo, snapshot: Snapshot): Verdict | "skip" | undefined;
}

/** Runs once a node: undefined lets it pass. */
export interface FilterPlugin extends Plugin {
  /** Which events can change a rejection by this plugin; the pod waits for one of them. */
  readonly retryOn: readonly ClusterEvent[];
  filter(cycle: CycleState, pod: PodInfo, node: NodeInfo): Verdict | undefined;
}

/** Runs once a pod, with the nodes that are left. */
export interface PreScorePlugin extends Plugin {
  /** "skip" leaves this plugin's score out for the pod. */
  preScore(cycle: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): "skip" | undefined;
}

/** Runs once a node that is left: more is better. */
export interface ScorePlugin extends Plugin {
  /** 0 to 100, or any number if normalizeScore brings it there. */
  score(cycle: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Changes the scores of all nodes in place. */
  normalizeScore?(cycle: CycleState, pod: PodInfo, scores: number[]): void;
}

export type AnyPlugin = Plugin & Partial<PreFilterPlugin & FilterPlugin & PreScorePlugin & ScorePlugin>;

/** The cluster as one decision sees it. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
}

export const maxNodeScore = 100;

export function isFilter(plugin: AnyPlugin): plugin is FilterPlugin & AnyPlugin {
  return plugin.filter !== undefined;
}

export function isScore(plugin: AnyPlugin): plugin is ScorePlugin & AnyPlugin {
  return plugin.score !== undefined;
}
