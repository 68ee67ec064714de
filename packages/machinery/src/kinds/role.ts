import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { atomicList, createdAtColumn, defineKind, nameColumn, objectSchema } from "./define.ts";
import { PolicyRuleSchema } from "./policy-rule.ts";
import { validateRules } from "./role-rules.ts";

const type = { group: "rbac.authorization.k8s.io", version: "v1", kind: "Role" };

const schema = objectSchema(type, "io.k8s.api.rbac.v1", "What may be done to which resources in one namespace.", {
  rules: Type.Optional(atomicList(PolicyRuleSchema, "What is allowed; there is no deny.")),
});

export type Role = Static<typeof schema>;

export const Role: Kind<Role> = defineKind<Role>({
  ...type,
  plural: "roles",
  namespaced: true,
  schema,
  columns: [nameColumn, createdAtColumn],
  validate: (role) => validateRules(role.rules, true),
});
