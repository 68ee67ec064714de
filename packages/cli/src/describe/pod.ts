import { type Container, containerStatusesOf, type Pod, podStatusWord, type Volume } from "@drydock/machinery";
import type { Detail } from "../output/details.ts";
import { conditionsDetail } from "./conditions.ts";
import { containerDetail } from "./container.ts";
import { controllerDetails, metadataDetails } from "./metadata.ts";

export function podDetails(pod: Pod): Detail[] {
  const { spec, status } = pod;
  const statuses = containerStatusesOf(status);
  const statusOf = (name: string) => statuses.find((container) => container.name === name);
  const detailsOf = (containers: Container[]): Detail[] =>
    containers.map((container) => containerDetail(container, statusOf(container.name)));
  return [
    ...metadataDetails(pod),
    ["Node", spec.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ""}` : undefined],
    ["Start Time", status?.startTime],
    ["Status", podStatusWord(pod)],
    ...(status?.reason ? [["Reason", status.reason] as const] : []),
    ...(status?.message ? [["Message", status.message] as const] : []),
    ["IP", status?.podIP],
    ...controllerDetails(pod),
    ...(spec.initContainers ? [["Init Containers", { details: detailsOf(spec.initContainers) }] as const] : []),
    ["Containers", { details: detailsOf(spec.containers) }],
    conditionsDetail(status?.conditions),
    ["Volumes", (spec.volumes ?? []).map((volume) => `${volume.name}: ${sourceOf(volume)}`)],
    ["QoS Class", status?.qosClass],
    ["Node-Selectors", Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`)],
    [
      "Tolerations",
      (spec.tolerations ?? []).map(
        ({ key = "", operator, value, effect = "", tolerationSeconds }) =>
          `${key}${value ? `=${value}` : ""}:${effect}${operator === "Exists" ? " op=Exists" : ""}${
            tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`
          }`,
      ),
    ],
  ];
}

function sourceOf({ hostPath, configMap, secret, downwardAPI, projected }: Volume): string {
  if (hostPath) return `hostPath ${hostPath.path}`;
  if (configMap) return `configMap ${configMap.name}`;
  if (secret) return `secret ${secret.secretName}`;
  if (downwardAPI) return "downwardAPI";
  return projected ? "projected" : "emptyDir";
}
