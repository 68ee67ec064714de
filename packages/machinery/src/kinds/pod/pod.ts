import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { defineKind, objectSchema } from "../define.ts";
import { podColumns } from "./columns.ts";
import { setPodSpecDefaults } from "./defaults.ts";
import { PodSpecSchema } from "./spec.ts";
import { PodStatusSchema } from "./status.ts";
import { validatePodSpec } from "./validate-spec.ts";
import { validatePodUpdate } from "./validate-update.ts";

const type = { group: "", version: "v1", kind: "Pod" };

const schema = objectSchema(
  type,
  "io.k8s.api.core.v1",
  "Containers that run together on one node and share an address and volumes.",
  { spec: PodSpecSchema, status: Type.Optional(PodStatusSchema) },
);

export type Pod = Static<typeof schema>;

export const Pod: Kind<Pod> = defineKind<Pod>({
  ...type,
  plural: "pods",
  namespaced: true,
  shortNames: ["po"],
  categories: ["all"],
  subresources: ["status", "log", "exec", "attach", "portforward", "binding", "eviction"],
  schema,
  columns: podColumns,
  setDefaults: (pod) => setPodSpecDefaults(pod.spec),
  validate: (pod, old) => [...validatePodSpec(pod.spec, "spec"), ...(old ? validatePodUpdate(pod, old) : [])],
  selectableFields: {
    "spec.nodeName": (pod) => pod.spec.nodeName ?? "",
    "spec.restartPolicy": (pod) => pod.spec.restartPolicy ?? "",
    "spec.schedulerName": (pod) => pod.spec.schedulerName ?? "",
    "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
    "status.phase": (pod) => pod.status?.phase ?? "",
    "status.podIP": (pod) => pod.status?.podIP ?? "",
    "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
  },
});
