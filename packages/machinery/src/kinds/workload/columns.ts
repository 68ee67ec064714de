import type { Column } from "../../kind.ts";
import { formatLabelSelector } from "../../selector/label-selector.ts";
import { ageColumn, nameColumn } from "../define.ts";
import type { Workload } from "./workload.ts";

/** Those of a Deployment: printDeployment of kubernetes/pkg/printers/internalversion/printers.go. */
export const workloadColumns: Column<Workload>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "Ready pods of those wanted.",
    value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
  },
  {
    name: "Up-to-date",
    type: "integer",
    description: "Pods of the current template.",
    value: ({ status }) => status?.updatedReplicas ?? 0,
  },
  {
    name: "Available",
    type: "integer",
    description: "Pods that have been ready for minReadySeconds.",
    value: ({ status }) => status?.availableReplicas ?? 0,
  },
  ageColumn,
  {
    name: "Containers",
    type: "string",
    priority: 1,
    description: "Names of the containers.",
    value: ({ spec }) => spec.template.spec.containers.map(({ name }) => name).join(","),
  },
  {
    name: "Images",
    type: "string",
    priority: 1,
    description: "Images of the containers.",
    value: ({ spec }) => spec.template.spec.containers.map(({ image }) => image ?? "").join(","),
  },
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Selects the workload's pods.",
    value: ({ spec }) => formatLabelSelector(spec.selector ?? {}) || "<none>",
  },
];
