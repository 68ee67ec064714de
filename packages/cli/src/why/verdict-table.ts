import type { NodeVerdict } from "@drydock/control-plane";
import type { Explanation } from "./explanation.ts";
import type { Placement } from "./placement.ts";

type Table = NonNullable<Explanation["table"]>;

/** Every node with what speaks against it, and the numbers; the scores of those that fit. Pure. */
export function verdictTable({ decision, state, pod }: Placement): Table {
  const nodeOf = new Map(state.nodes.map((node) => [node.name, node]));
  const rows = [...decision.verdicts]
    .sort((a, b) => (b.total ?? -1) - (a.total ?? -1) || (a.node < b.node ? -1 : 1))
    .map((verdict) => {
      const node = nodeOf.get(verdict.node);
      const free = node ? room(node.allocatable, node.requested) : undefined;
      return [verdict.node, answerOf(verdict, decision.node), free, scoresOf(verdict)];
    });
  const asks = amounts(pod.requests.milliCpu, pod.requests.memory);
  return { header: ["Node", `Verdict (asks for ${asks})`, "Free", "Scores"], rows };
}

/** What would have to change so that the pod fits; one sentence for each kind of obstacle. Pure. */
export function remedies({ decision, state, pod }: Placement): string[] {
  const found = new Set<string>();
  const names = (plugin: string): string[] =>
    decision.verdicts
      .filter(({ rejections }) => rejections.some((one) => one.plugin === plugin))
      .map(({ node }) => node);
  const plugins = new Set(decision.verdicts.flatMap(({ rejections }) => rejections.map(({ plugin }) => plugin)));
  if (decision.nodesTotal === 0)
    found.add("there is no node: drydock up starts a cluster with some; drydock get nodes");
  if (plugins.has("NodeResourcesFit")) {
    const most = (of: "milliCpu" | "memory"): number =>
      Math.max(0, ...state.nodes.map(({ allocatable, requested }) => allocatable[of] - requested[of]));
    const atMost = amounts(most("milliCpu"), most("memory"));
    found.add(`ask for less (a node has up to ${atMost} free), remove other pods, or add a node`);
  }
  if (plugins.has("NodeUnschedulable")) found.add(`kubectl uncordon ${names("NodeUnschedulable")[0]}`);
  if (plugins.has("TaintToleration")) {
    found.add(
      `tolerate the taint in the pod's tolerations, or take it away: kubectl taint node ${names("TaintToleration")[0]} KEY-`,
    );
  }
  if (plugins.has("NodeReady")) found.add(`drydock why node/${names("NodeReady")[0]}`);
  if (plugins.has("NodeAffinity")) {
    const wanted = Object.entries(pod.pod.spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    found.add(`kubectl label node ${names("NodeAffinity")[0]} ${wanted.join(" ")}, or change the pod's nodeSelector`);
  }
  return [...found];
}

function answerOf({ node, rejections }: NodeVerdict, chosen: string | undefined): string {
  if (rejections.length === 0) return node === chosen ? "fits, the best" : "fits";
  return rejections.map(({ plugin, reasons }) => `${plugin}: ${reasons.join(", ")}`).join("; ");
}

function scoresOf({ scores, total }: NodeVerdict): string | undefined {
  if (!scores) return undefined;
  const parts = Object.entries(scores).map(([plugin, score]) => `${plugin} ${Math.round(score)}`);
  return `${Math.round(total ?? 0)} (${parts.join(", ")})`;
}

function room(
  has: { milliCpu: number; memory: number; pods: number },
  taken: { milliCpu: number; memory: number },
): string {
  return amounts(has.milliCpu - taken.milliCpu, has.memory - taken.memory);
}

export function amounts(milliCpu: number, bytes: number): string {
  return `${milliCpu}m cpu, ${Math.floor(bytes / 2 ** 20)}Mi`;
}
