import { type Pod, podStatusWord, type Workload } from "@drydock/machinery";
import { ageOf } from "../output/age.ts";
import { type Detail, pairs, tableDetail } from "../output/details.ts";
import { conditionsDetail } from "./conditions.ts";
import { containerDetail } from "./container.ts";
import { metadataDetails } from "./metadata.ts";

/** A workload and the pods that it owns. */
export function workloadDetails(workload: Workload, pods: readonly Pod[], now: number): Detail[] {
  const { spec, status } = workload;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status ?? {};
  const { type = "RollingUpdate", rollingUpdate } = spec.strategy ?? {};
  return [
    ...metadataDetails(workload),
    ["Created", workload.metadata.creationTimestamp],
    ["Selector", pairs(spec.selector?.matchLabels)],
    [
      "Replicas",
      `${spec.replicas} desired | ${updatedReplicas} updated | ${replicas} total | ${availableReplicas} available | ${unavailableReplicas} unavailable`,
    ],
    ["Strategy", type],
    ...(rollingUpdate
      ? [
          [
            "Rolling Update",
            `${rollingUpdate.maxUnavailable} max unavailable, ${rollingUpdate.maxSurge} max surge`,
          ] as const,
        ]
      : []),
    ["Min Ready Seconds", spec.minReadySeconds ?? 0],
    ["Progress Deadline", `${spec.progressDeadlineSeconds}s`],
    ...(spec.paused ? [["Paused", true] as const] : []),
    [
      "Pod Template",
      {
        details: [
          ["Labels", pairs(spec.template.metadata?.labels)],
          ["Containers", { details: spec.template.spec.containers.map((container) => containerDetail(container)) }],
        ],
      },
    ],
    conditionsDetail(status?.conditions),
    tableDetail(
      "Pods",
      ["Name", "Template", "Status", "Node", "IP", "Age"],
      pods.map((pod) => [
        pod.metadata.name,
        pod.metadata.labels?.["drydock.dev/pod-template-hash"],
        podStatusWord(pod),
        pod.spec.nodeName,
        pod.status?.podIP,
        ageOf(pod.metadata.creationTimestamp, now),
      ]),
    ),
  ];
}
