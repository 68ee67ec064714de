import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { atomicList, defineKind, objectSchema } from "./define.ts";
import { roleBindingColumns } from "./role-binding-columns.ts";
import { setSubjectDefaults, validateBinding } from "./role-binding-rules.ts";
import { RoleRefSchema, SubjectSchema } from "./role-reference.ts";

const type = { group: "rbac.authorization.k8s.io", version: "v1", kind: "RoleBinding" };

const schema = objectSchema(type, "io.k8s.api.rbac.v1", "Gives a role to subjects within one namespace.", {
  roleRef: RoleRefSchema,
  subjects: Type.Optional(atomicList(SubjectSchema, "Who gets the role.")),
});

export type RoleBinding = Static<typeof schema>;

export const RoleBinding: Kind<RoleBinding> = defineKind<RoleBinding>({
  ...type,
  plural: "rolebindings",
  namespaced: true,
  schema,
  columns: roleBindingColumns,
  setDefaults: setSubjectDefaults,
  validate: validateBinding,
});
