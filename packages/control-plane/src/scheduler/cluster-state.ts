import type { Node, Pod } from "@drydock/machinery";
import type { ClusterEvent, Snapshot } from "./framework.ts";
import { NodeInfo } from "./node-info.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";

/**
 * The scheduler's picture of the cluster: what the API server has told, and what we have decided but not yet seen confirmed. A pod is
 * assumed to be on its node from the moment of the decision, so that the next decision, which is made before the binding comes
 * back, does not give the same room away twice.
 */
export class ClusterState implements Snapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pods on nodes that we know nothing about (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  /** uid -> node, of all pods counted. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  #list: NodeInfo[] = [];

  /** In no particular order that means anything, but always the same for the same history. */
  get nodes(): readonly NodeInfo[] {
    return this.#list;
  }

  /** What changed about the node, in the sense of what can make a pod fit. */
  setNode(node: Node): ClusterEvent[] {
    const { name } = node.metadata;
    const known = this.#nodes.get(name);
    if (known === undefined) {
      const info = new NodeInfo(node);
      for (const pod of this.#homeless.get(name)?.values() ?? []) info.add(pod);
      this.#homeless.delete(name);
      this.#nodes.set(name, info);
      this.#list.push(info);
      return ["NodeAdded"];
    }
    const before = { node: known.node, allocatable: known.allocatable, ready: known.ready };
    known.update(node);
    const events: ClusterEvent[] = [];
    if (differ(before.allocatable, known.allocatable)) events.push("NodeResourcesChanged");
    if (differ(before.node.metadata.labels, node.metadata.labels)) events.push("NodeLabelsChanged");
    if (
      differ(before.node.spec?.taints, node.spec?.taints) ||
      before.node.spec?.unschedulable !== node.spec?.unschedulable
    ) {
      events.push("NodeTaintsChanged");
    }
    if (before.ready !== known.ready) events.push("NodeConditionsChanged");
    return events;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info === undefined) return;
    this.#nodes.delete(name);
    this.#list = this.#list.filter((other) => other !== info);
    if (info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
  }

  /** A pod that has a node, as the API server tells it. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    this.#assumed.delete(uid);
    this.#place(podInfoOf(pod), pod.spec.nodeName ?? "");
  }

  /** True when the pod had been counted, so that room has become free. */
  removePod(uid: string): boolean {
    this.#assumed.delete(uid);
    return this.#displace(uid);
  }

  #displace(uid: string): boolean {
    const name = this.#placed.get(uid);
    if (name === undefined) return false;
    this.#placed.delete(uid);
    this.#nodes.get(name)?.remove(uid);
    const homeless = this.#homeless.get(name);
    homeless?.delete(uid);
    if (homeless?.size === 0) this.#homeless.delete(name);
    return true;
  }

  /** Counts a pod as being on the node although only we know. */
  assume(info: PodInfo, node: string): void {
    this.#assumed.add(info.uid);
    this.#place(info, node);
  }

  /** Takes an assumption back: the binding has failed. What the API server has confirmed meanwhile stays. */
  forget(uid: string): boolean {
    return this.#assumed.has(uid) && this.removePod(uid);
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid);
  }

  #place(info: PodInfo, name: string): void {
    if (this.#placed.get(info.uid) !== name) this.#displace(info.uid);
    this.#placed.set(info.uid, name);
    const node = this.#nodes.get(name);
    if (node !== undefined) {
      node.add(info);
      return;
    }
    const homeless = this.#homeless.get(name) ?? new Map<string, PodInfo>();
    homeless.set(info.uid, info);
    this.#homeless.set(name, homeless);
  }
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
}
