import { type Static, Type } from "@sinclair/typebox";
import { definitions, oneOf, text } from "./define.ts";

const rbac = definitions("io.k8s.api.rbac.v1");

/** What a binding gives. Cannot be changed: delete the binding and make another. */
export const RoleRefSchema = rbac(
  "RoleRef",
  "The role that is bound.",
  {
    apiGroup: Type.Optional(text("Always rbac.authorization.k8s.io.", { default: "rbac.authorization.k8s.io" })),
    kind: oneOf(["Role", "ClusterRole"], "Role or ClusterRole."),
    name: text("Name of the role."),
  },
  { "x-kubernetes-map-type": "atomic" },
);

/** Whom a binding gives it to. */
export const SubjectSchema = rbac(
  "Subject",
  "A user, a group or a service account.",
  {
    kind: oneOf(["User", "Group", "ServiceAccount"], "What kind of subject this is."),
    apiGroup: Type.Optional(text("rbac.authorization.k8s.io for users and groups, empty for service accounts.")),
    name: text("Name of the subject."),
    namespace: Type.Optional(text("Namespace of a service account.")),
  },
  { "x-kubernetes-map-type": "atomic" },
);

export type RoleRef = Static<typeof RoleRefSchema>;
export type Subject = Static<typeof SubjectSchema>;
