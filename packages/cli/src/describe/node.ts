import type { Node, Pod } from "@drydock/machinery";
import { ageOf } from "../output/age.ts";
import { type Detail, pairs, tableDetail } from "../output/details.ts";
import { conditionsDetail } from "./conditions.ts";
import { metadataDetails } from "./metadata.ts";

/** A node and the pods that are bound to it. */
export function nodeDetails(node: Node, pods: readonly Pod[], now: number): Detail[] {
  const { spec, status } = node;
  const info = status?.nodeInfo;
  const running = pods.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
  return [
    ...metadataDetails(node),
    ["Created", node.metadata.creationTimestamp],
    ["Taints", (spec?.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`)],
    ["Unschedulable", spec?.unschedulable ?? false],
    ["PodCIDR", spec?.podCIDR],
    conditionsDetail(status?.conditions),
    ["Addresses", (status?.addresses ?? []).map(({ type, address }) => `${type}: ${address}`)],
    ["Capacity", pairs(status?.capacity, ": ")],
    ["Allocatable", pairs(status?.allocatable, ": ")],
    [
      "System Info",
      {
        details: [
          ["Kernel Version", info?.kernelVersion],
          ["OS Image", info?.osImage],
          ["Architecture", info?.architecture],
          ["Container Runtime", info?.containerRuntimeVersion],
          ["Agent Version", info?.kubeletVersion],
        ],
      },
    ],
    tableDetail(
      `Pods (${running.length} not ended)`,
      ["Namespace", "Name", "CPU Requests", "Memory Requests", "Age"],
      running.map(({ metadata, spec }) => [
        metadata.namespace,
        metadata.name,
        requestsOf(spec, "cpu"),
        requestsOf(spec, "memory"),
        ageOf(metadata.creationTimestamp, now),
      ]),
    ),
  ];
}

/** The requests as they are written, one container after the other: "100m + 50m". */
function requestsOf({ containers }: Pod["spec"], resource: "cpu" | "memory"): string {
  const amounts = containers.flatMap(({ resources }) => resources?.requests?.[resource] ?? []);
  return amounts.length === 0 ? "0" : amounts.join(" + ");
}
