import type { FieldError } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { invalid, required } from "../schema/field-errors.ts";
import type { RoleRef, Subject } from "./role-reference.ts";

type Binding = KubeObject & { roleRef: RoleRef; subjects?: Subject[] };

/** Users and groups belong to the RBAC group, service accounts to core. */
export function setSubjectDefaults(binding: Binding): void {
  for (const subject of binding.subjects ?? []) {
    subject.apiGroup ??= subject.kind === "ServiceAccount" ? "" : "rbac.authorization.k8s.io";
  }
}

export function validateBinding(binding: Binding, old?: Binding): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, subject] of (binding.subjects ?? []).entries()) {
    if (subject.kind === "ServiceAccount" && !subject.namespace) {
      errors.push(required(`subjects[${i}].namespace`));
    }
  }
  const was = old?.roleRef;
  const is = binding.roleRef;
  if (was !== undefined && (was.kind !== is.kind || was.name !== is.name)) {
    errors.push(invalid("roleRef", is, "cannot change roleRef"));
  }
  return errors;
}
