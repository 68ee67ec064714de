import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { conditionFields } from "./condition.ts";
import { ageColumn, atomicList, defineKind, definitions, mapList, nameColumn, objectSchema, oneOf } from "./define.ts";

const type = { group: "", version: "v1", kind: "Namespace" };
const core = definitions("io.k8s.api.core.v1");

const schema = objectSchema(type, "io.k8s.api.core.v1", "A space of names: objects in it go when it goes.", {
  spec: Type.Optional(
    core("NamespaceSpec", "Desired state of a namespace.", {
      finalizers: Type.Optional(
        atomicList(Type.String(), "What must be emptied before the namespace may go; the server sets kubernetes."),
      ),
    }),
  ),
  status: Type.Optional(
    core("NamespaceStatus", "What is seen of a namespace.", {
      phase: Type.Optional(
        oneOf(["Active", "Terminating"], "Active, or Terminating while its content is being deleted."),
      ),
      conditions: Type.Optional(
        mapList(
          core("NamespaceCondition", "One aspect of the deletion of a namespace.", conditionFields),
          ["type"],
          "What stands in the way of its deletion.",
        ),
      ),
    }),
  ),
});

export type Namespace = Static<typeof schema>;

export const Namespace: Kind<Namespace> = defineKind<Namespace>({
  ...type,
  plural: "namespaces",
  namespaced: false,
  shortNames: ["ns"],
  // As in Kubernetes a namespace is not deleted in bulk.
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: ["status"],
  schema,
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "The status of the namespace.",
      value: (namespace) => namespace.status?.phase ?? "Active",
    },
    ageColumn,
  ],
  selectableFields: { "status.phase": (namespace) => namespace.status?.phase ?? "" },
});
