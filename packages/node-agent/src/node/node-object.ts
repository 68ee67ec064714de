import type { Node, NodeCondition, NodeStatus } from "@drydock/machinery";
import { wholeSeconds } from "../pods/container-status.ts";
import type { NodeImage } from "../port/pod-runtime.ts";
import { type Machine, maxPods } from "./machine.ts";

export interface NodeDescription {
  name: string;
  address: string;
  port: number;
  podCidr: string;
  labels: Record<string, string>;
  machine: Machine;
}

/** kubelet reports at most this many images. */
const maxImages = 50;

export function nodeObject(node: NodeDescription): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node.name, labels: nodeLabels(node) },
    spec: { podCIDR: node.podCidr, podCIDRs: [node.podCidr] },
  };
}

/** The labels that the agent keeps on its Node; others are left alone. */
export function nodeLabels({ name, machine, labels }: NodeDescription): Record<string, string> {
  return {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": machine.info.operatingSystem,
    "kubernetes.io/arch": machine.info.architecture,
    ...labels,
  };
}

/** Node.status. `problem`: why the node cannot run pods now; undefined when it can. */
export function nodeStatus(
  node: NodeDescription,
  images: NodeImage[],
  problem: string | undefined,
  before: NodeStatus | undefined,
  now: number,
): NodeStatus {
  const { machine } = node;
  const resources = {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: conditionsOf(problem, before?.conditions ?? [], now),
    addresses: [
      { type: "InternalIP", address: node.address },
      { type: "Hostname", address: node.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: node.port } },
    nodeInfo: machine.info,
    images: [...images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, maxImages)
      .map(({ id, names, sizeBytes }) => ({ names: names.length > 0 ? names : [id], sizeBytes })),
  };
}

/** Pressures of memory, disk and pids are not stated: nobody measures them yet. */
function conditionsOf(problem: string | undefined, before: NodeCondition[], now: number): NodeCondition[] {
  const ready: Pick<NodeCondition, "type" | "status" | "reason" | "message"> =
    problem === undefined
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "drydock agent is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: problem };
  const old = before.find(({ type }) => type === "Ready");
  const since = old?.status === ready.status ? old.lastTransitionTime : undefined;
  const others = before.filter(({ type }) => type !== "Ready");
  return [
    ...others,
    { ...ready, lastHeartbeatTime: wholeSeconds(now), lastTransitionTime: since ?? wholeSeconds(now) },
  ];
}
