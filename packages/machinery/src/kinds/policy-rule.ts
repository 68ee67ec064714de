import { type Static, Type } from "@sinclair/typebox";
import { atomicList, definitions } from "./define.ts";

const rbac = definitions("io.k8s.api.rbac.v1");

/** One rule of a Role or ClusterRole. */
export const PolicyRuleSchema = rbac("PolicyRule", "Verbs that are allowed on resources or paths.", {
  verbs: atomicList(Type.String(), "get, list, watch, create, update, patch, delete, deletecollection …; * for all."),
  apiGroups: Type.Optional(atomicList(Type.String(), "Groups of the resources; empty text for core, * for all.")),
  resources: Type.Optional(
    atomicList(Type.String(), "Plural names, subresources as pods/log; * for all, */scale for that of all."),
  ),
  resourceNames: Type.Optional(atomicList(Type.String(), "Only objects of these names; all when empty.")),
  nonResourceURLs: Type.Optional(
    atomicList(Type.String(), "Paths such as /healthz, with * as the last part; only in ClusterRoles."),
  ),
});
export type PolicyRule = Static<typeof PolicyRuleSchema>;
