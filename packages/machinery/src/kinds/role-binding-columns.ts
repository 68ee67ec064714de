import type { Column } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { ageColumn, nameColumn } from "./define.ts";
import type { RoleRef, Subject } from "./role-reference.ts";

type Binding = KubeObject & { roleRef: RoleRef; subjects?: Subject[] };

/** Follows printRoleBinding of kubernetes/pkg/printers/internalversion/printers.go. */
export const roleBindingColumns: Column<Binding>[] = [
  nameColumn,
  {
    name: "Role",
    type: "string",
    description: "The role that is bound.",
    value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  {
    name: "Users",
    type: "string",
    priority: 1,
    description: "Users that get the role.",
    value: (binding) => names(binding, "User"),
  },
  {
    name: "Groups",
    type: "string",
    priority: 1,
    description: "Groups that get the role.",
    value: (binding) => names(binding, "Group"),
  },
  {
    name: "ServiceAccounts",
    type: "string",
    priority: 1,
    description: "Service accounts that get the role.",
    value: (binding) => names(binding, "ServiceAccount"),
  },
];

function names({ subjects = [] }: Binding, kind: Subject["kind"]): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name))
    .join(", ");
}
