import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { conditionFields } from "./condition.ts";
import {
  atomicList,
  dateTime,
  defineKind,
  definitions,
  flag,
  int32,
  int64,
  mapList,
  objectSchema,
  oneOf,
  quantityMap,
  setList,
  text,
} from "./define.ts";
import { nodeColumns } from "./node-columns.ts";

const type = { group: "", version: "v1", kind: "Node" };
const core = definitions("io.k8s.api.core.v1");

const TaintSchema = core("Taint", "Keeps pods away that do not tolerate it.", {
  key: text("The taint's key."),
  value: Type.Optional(text("The taint's value.")),
  effect: oneOf(
    ["NoSchedule", "PreferNoSchedule", "NoExecute"],
    "NoSchedule keeps new pods away, PreferNoSchedule tries to, NoExecute also evicts running ones.",
  ),
  timeAdded: Type.Optional(dateTime("When a NoExecute taint was added.")),
});
export type Taint = Static<typeof TaintSchema>;

const NodeSpecSchema = core("NodeSpec", "Desired state of a node.", {
  podCIDR: Type.Optional(text("Addresses that pods on this node get.")),
  podCIDRs: Type.Optional(
    setList(Type.String(), "podCIDR of each address family.", { "x-kubernetes-patch-strategy": "merge" }),
  ),
  providerID: Type.Optional(text("What the machine is called by whoever provides it.")),
  unschedulable: Type.Optional(flag("No new pods are placed here (kubectl cordon).")),
  taints: Type.Optional(atomicList(TaintSchema, "Taints of the node.")),
});

const NodeConditionSchema = core("NodeCondition", "One aspect of a node's health.", {
  ...conditionFields,
  lastHeartbeatTime: Type.Optional(dateTime("When the node last said so.")),
});
export type NodeCondition = Static<typeof NodeConditionSchema>;

const NodeAddressSchema = core("NodeAddress", "An address of a node.", {
  type: oneOf(["Hostname", "InternalIP", "ExternalIP", "InternalDNS", "ExternalDNS"], "Kind of address."),
  address: text("The address."),
});

const NodeSystemInfoSchema = core("NodeSystemInfo", "What runs on a node.", {
  machineID: text("From /etc/machine-id."),
  systemUUID: text("From the firmware."),
  bootID: text("Changes with each boot: /proc/sys/kernel/random/boot_id."),
  kernelVersion: text("uname -r."),
  osImage: text("PRETTY_NAME of /etc/os-release."),
  containerRuntimeVersion: text("Container runtime and its version, e.g. drydock://0.1.0."),
  kubeletVersion: text("Version of the node agent."),
  kubeProxyVersion: text("Deprecated in Kubernetes; empty."),
  operatingSystem: text("Always linux."),
  architecture: text("Architecture in Go's words: amd64, arm64."),
});
export type NodeSystemInfo = Static<typeof NodeSystemInfoSchema>;

const NodeStatusSchema = core("NodeStatus", "What is seen of a node, written by its agent.", {
  capacity: Type.Optional(quantityMap("All resources of the machine: cpu, memory, pods.")),
  allocatable: Type.Optional(quantityMap("Resources that pods may use.")),
  phase: Type.Optional(oneOf(["Pending", "Running", "Terminated"], "Unused in Kubernetes and here.")),
  conditions: Type.Optional(
    mapList(NodeConditionSchema, ["type"], "Ready, MemoryPressure, DiskPressure, PIDPressure."),
  ),
  addresses: Type.Optional(mapList(NodeAddressSchema, ["type"], "Where the node is reached.")),
  daemonEndpoints: Type.Optional(
    core("NodeDaemonEndpoints", "Where the node's daemons listen.", {
      kubeletEndpoint: Type.Optional(
        core("DaemonEndpoint", "A port of a daemon.", { Port: int32("Port, 1 to 65535.") }),
      ),
    }),
  ),
  nodeInfo: Type.Optional(NodeSystemInfoSchema),
  images: Type.Optional(
    atomicList(
      core("ContainerImage", "An image on a node.", {
        names: Type.Optional(atomicList(Type.String(), "Names that the image is known by.")),
        sizeBytes: Type.Optional(int64("Size of the image in bytes.")),
      }),
      "Images on the node.",
    ),
  ),
});

const schema = objectSchema(type, "io.k8s.api.core.v1", "A machine that runs pods.", {
  spec: Type.Optional(NodeSpecSchema),
  status: Type.Optional(NodeStatusSchema),
});

export type Node = Static<typeof schema>;
export type NodeStatus = Static<typeof NodeStatusSchema>;

export const Node: Kind<Node> = defineKind<Node>({
  ...type,
  plural: "nodes",
  namespaced: false,
  shortNames: ["no"],
  subresources: ["status"],
  schema,
  columns: nodeColumns,
  selectableFields: { "spec.unschedulable": (node) => String(node.spec?.unschedulable ?? false) },
});
