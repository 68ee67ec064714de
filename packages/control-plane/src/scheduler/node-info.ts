import { milliOf, type Node, wholeOf } from "@drydock/machinery";
import type { PodInfo, Resources } from "./pod-info.ts";

/** Pods that a node takes when it does not say. */
const defaultMaxPods = 110;

/** A node with the pods on it and the sums that the plugins need, kept up to date pod by pod. */
export class NodeInfo {
  readonly name: string;
  node: Node;
  allocatable: Resources & { pods: number };
  ready: boolean;
  readonly requested: Resources = { milliCpu: 0, memory: 0 };
  readonly scoredRequested: Resources = { milliCpu: 0, memory: 0 };
  /** By uid. */
  readonly pods = new Map<string, PodInfo>();

  constructor(node: Node) {
    this.name = node.metadata.name;
    this.node = node;
    this.allocatable = allocatableOf(node);
    this.ready = isNodeReady(node);
  }

  update(node: Node): void {
    this.node = node;
    this.allocatable = allocatableOf(node);
    this.ready = isNodeReady(node);
  }

  add(info: PodInfo): void {
    this.remove(info.uid);
    this.pods.set(info.uid, info);
    this.#count(info, 1);
  }

  remove(uid: string): void {
    const info = this.pods.get(uid);
    if (info === undefined) return;
    this.pods.delete(uid);
    this.#count(info, -1);
  }

  #count({ requests, scoredRequests }: PodInfo, sign: 1 | -1): void {
    this.requested.milliCpu += sign * requests.milliCpu;
    this.requested.memory += sign * requests.memory;
    this.scoredRequested.milliCpu += sign * scoredRequests.milliCpu;
    this.scoredRequested.memory += sign * scoredRequests.memory;
  }
}

export function isNodeReady(node: Node): boolean {
  return node.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

function allocatableOf(node: Node): Resources & { pods: number } {
  const amounts = node.status?.allocatable ?? node.status?.capacity ?? {};
  return {
    milliCpu: milliOf(amounts.cpu ?? "0"),
    memory: wholeOf(amounts.memory ?? "0"),
    pods: wholeOf(amounts.pods ?? defaultMaxPods),
  };
}
