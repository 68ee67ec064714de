import {
  type AnyPlugin,
  type CycleState,
  type FilterPlugin,
  isFilter,
  isScore,
  type ScorePlugin,
  type Snapshot,
  type Verdict,
} from "./framework.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";
import { enoughNodes, type Profile } from "./profile.ts";

/** A verdict with the plugin that gave it. */
export interface Rejection extends Verdict {
  readonly plugin: string;
}

/** What was found about one node. */
export interface NodeVerdict {
  readonly node: string;
  /** Empty when the pod fits. The first rejecting plugin only, unless everything is to be explained. */
  readonly rejections: readonly Rejection[];
  /** Weighted scores by plugin, when explained and the pod fits. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly total?: number;
}

export interface Decision {
  /** The chosen node; undefined when none fits. */
  readonly node: string | undefined;
  /** Of the nodes that were looked at: those that do not fit, and with `explain` the others too. */
  readonly verdicts: readonly NodeVerdict[];
  readonly nodesTotal: number;
  readonly nodesFeasible: number;
  /** Where the next decision starts to look, so that all nodes get their turn when not all are looked at. */
  readonly nextStart: number;
}

export interface ScheduleOptions {
  /** Index of the node to start with. */
  start?: number;
  /** Look at all nodes with all plugins, and return all verdicts and scores. */
  explain?: boolean;
}

/**
 * Decides where a pod goes. Pure: the same snapshot, pod and profile give the same decision, and nothing is changed. Among nodes of equal
 * score the first by name is taken.
 */
export function schedule(
  snapshot: Snapshot,
  pod: PodInfo,
  profile: Profile,
  { start = 0, explain = false }: ScheduleOptions = {},
): Decision {
  const cycle: CycleState = new Map();
  const { nodes } = snapshot;
  const verdicts: NodeVerdict[] = [];
  const { filters, rejected } = preFilter(cycle, pod, snapshot, profile);
  if (rejected !== undefined) {
    for (const { name } of nodes) verdicts.push({ node: name, rejections: [rejected] });
    return { node: undefined, verdicts, nodesTotal: nodes.length, nodesFeasible: 0, nextStart: start };
  }

  const feasible: NodeInfo[] = [];
  const enough = explain ? nodes.length : enoughNodes(nodes.length, profile.percentageOfNodesToScore);
  let seen = 0;
  for (; seen < nodes.length && feasible.length < enough; seen++) {
    const node = nodes[(start + seen) % nodes.length];
    if (node === undefined) break;
    const rejections = runFilters(filters, cycle, pod, node, explain);
    if (rejections.length === 0) feasible.push(node);
    else verdicts.push({ node: node.name, rejections });
  }

  const { best, verdicts: scored } = choose(feasible, cycle, pod, profile, explain);
  return {
    node: best?.name,
    verdicts: [...verdicts, ...scored],
    nodesTotal: nodes.length,
    nodesFeasible: feasible.length,
    nextStart: nodes.length === 0 ? 0 : (start + seen) % nodes.length,
  };
}

function preFilter(
  cycle: CycleState,
  pod: PodInfo,
  snapshot: Snapshot,
  { plugins }: Profile,
): { filters: (FilterPlugin & AnyPlugin)[]; rejected?: Rejection } {
  const filters: (FilterPlugin & AnyPlugin)[] = [];
  for (const plugin of plugins) {
    const verdict = plugin.preFilter?.(cycle, pod, snapshot);
    if (verdict === "skip") continue;
    if (verdict !== undefined) return { filters: [], rejected: { ...verdict, plugin: plugin.name } };
    if (isFilter(plugin)) filters.push(plugin);
  }
  return { filters };
}

const none: readonly Rejection[] = [];

function runFilters(
  filters: readonly FilterPlugin[],
  cycle: CycleState,
  pod: PodInfo,
  node: NodeInfo,
  all: boolean,
): readonly Rejection[] {
  let rejections: Rejection[] | undefined;
  for (const plugin of filters) {
    const verdict = plugin.filter(cycle, pod, node);
    if (verdict === undefined) continue;
    rejections ??= [];
    rejections.push({ ...verdict, plugin: plugin.name });
    if (!all) break;
  }
  return rejections ?? none;
}

function choose(
  feasible: readonly NodeInfo[],
  cycle: CycleState,
  pod: PodInfo,
  { plugins, weights }: Profile,
  explain: boolean,
): { best: NodeInfo | undefined; verdicts: NodeVerdict[] } {
  if (feasible.length === 0) return { best: undefined, verdicts: [] };
  if (feasible.length === 1 && !explain) return { best: feasible[0], verdicts: [] };

  const totals = new Array<number>(feasible.length).fill(0);
  const byPlugin: Record<string, number>[] = explain ? feasible.map(() => ({})) : [];
  const scorers = plugins.filter(
    (plugin): plugin is ScorePlugin & AnyPlugin =>
      isScore(plugin) && plugin.preScore?.(cycle, pod, feasible) !== "skip",
  );
  for (const plugin of scorers) {
    const weight = weights[plugin.name] ?? 1;
    const scores = feasible.map((node) => plugin.score(cycle, pod, node));
    plugin.normalizeScore?.(cycle, pod, scores);
    for (let i = 0; i < scores.length; i++) {
      const score = weight * (scores[i] ?? 0);
      totals[i] = (totals[i] ?? 0) + score;
      const detail = byPlugin[i];
      if (detail !== undefined) detail[plugin.name] = score;
    }
  }

  let best = 0;
  for (let i = 1; i < feasible.length; i++) {
    const difference = (totals[i] ?? 0) - (totals[best] ?? 0);
    if (difference > 0 || (difference === 0 && nameOf(feasible, i) < nameOf(feasible, best))) best = i;
  }
  const verdicts = byPlugin.map((scores, i) => ({
    node: nameOf(feasible, i),
    rejections: none,
    scores,
    total: totals[i] ?? 0,
  }));
  return { best: feasible[best], verdicts };
}

function nameOf(nodes: readonly NodeInfo[], index: number): string {
  return nodes[index]?.name ?? "";
}
