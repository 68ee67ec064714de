import type { Column } from "../kind.ts";
import { ageColumn, nameColumn } from "./define.ts";
import type { Node } from "./node.ts";

const rolePrefix = "node-role.kubernetes.io/";

/** Follows printNode of kubernetes/pkg/printers/internalversion/printers.go. */
export const nodeColumns: Column<Node>[] = [
  nameColumn,
  { name: "Status", type: "string", description: "Ready or not, and whether pods are placed on it.", value: status },
  { name: "Roles", type: "string", description: "The roles of the node.", value: roles },
  ageColumn,
  {
    name: "Version",
    type: "string",
    description: "Version of the node agent.",
    value: (node) => node.status?.nodeInfo?.kubeletVersion ?? "",
  },
  {
    name: "Internal-IP",
    type: "string",
    priority: 1,
    description: "Address inside the cluster.",
    value: (node) => address(node, "InternalIP"),
  },
  {
    name: "External-IP",
    type: "string",
    priority: 1,
    description: "Address outside the cluster.",
    value: (node) => address(node, "ExternalIP"),
  },
  {
    name: "OS-Image",
    type: "string",
    priority: 1,
    description: "Operating system.",
    value: (node) => node.status?.nodeInfo?.osImage || "<unknown>",
  },
  {
    name: "Kernel-Version",
    type: "string",
    priority: 1,
    description: "Kernel release.",
    value: (node) => node.status?.nodeInfo?.kernelVersion || "<unknown>",
  },
  {
    name: "Container-Runtime",
    type: "string",
    priority: 1,
    description: "Container runtime and its version.",
    value: (node) => node.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
  },
];

function status(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (node.spec?.unschedulable) words.push("SchedulingDisabled");
  return words.join(",");
}

function roles(node: Node): string {
  const found = new Set<string>();
  for (const [label, value] of Object.entries(node.metadata.labels ?? {})) {
    if (label.startsWith(rolePrefix) && label.length > rolePrefix.length) found.add(label.slice(rolePrefix.length));
    else if (label === "kubernetes.io/role" && value !== "") found.add(value);
  }
  return [...found].sort().join(",") || "<none>";
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((candidate) => candidate.type === type)?.address ?? "<none>";
}
