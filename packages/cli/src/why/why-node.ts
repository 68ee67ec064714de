import type { Event, Lease, Node, Pod } from "@drydock/machinery";
import { ageOf } from "../output/age.ts";
import type { Explanation } from "./explanation.ts";

export interface NodeFacts {
  node: Node;
  /** The agent's heartbeat. */
  lease: Lease | undefined;
  /** Pods that are bound to it. */
  pods: readonly Pod[];
  events: readonly Event[];
  now: number;
}

/** Why a node does or does not take pods. Pure. */
export function whyNode({ node, lease, pods, events, now }: NodeFacts): Explanation {
  const { name } = node.metadata;
  const subject = `node/${name}`;
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  const beat = lease?.spec?.renewTime;
  const facts = [
    beat ? `its agent last renewed its lease ${ageOf(beat, now)} ago` : "its agent has never renewed its lease",
    `${pods.length} pods are bound to it`,
    ...(node.spec?.taints ?? []).map(
      ({ key, effect }) => `it has the taint ${key}, which means ${effect} for pods that do not tolerate it`,
    ),
  ];
  if (ready?.status !== "True") {
    const last = events.at(-1);
    const because = [
      ...(ready?.message ? [ready.message] : []),
      ...facts,
      ...(last ? [`${last.reason}: ${last.message}`] : []),
    ];
    const silent = ready?.status === "Unknown";
    const verdict = silent
      ? "it is not ready: nobody has heard of its agent; its pods are moved when their tolerations run out."
      : `it is not ready: ${ready?.reason ?? "its agent has not said that it is"}.`;
    const next = [
      "drydock status shows whether its agent runs",
      "docs/runbooks/node-not-ready.md goes through the causes",
    ];
    return { subject, verdict, because, next };
  }
  if (node.spec?.unschedulable) {
    const verdict = "it is ready, and closed for new pods: somebody has cordoned it.";
    return { subject, verdict, because: facts, next: [`kubectl uncordon ${name} opens it again`] };
  }
  return { subject, verdict: `it is ready since ${ageOf(ready.lastTransitionTime, now)}.`, because: facts, next: [] };
}
