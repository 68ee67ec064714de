import type { KubeObject } from "@drydock/machinery";
import { type Action, type PolicyRule, ruleAllows, type Subject, subjectMatches } from "./rules.ts";
import { mastersGroup, type User } from "./user.ts";

export interface RoleObject extends KubeObject {
  rules?: PolicyRule[];
}

export interface BindingObject extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects?: Subject[];
}

/** Where the roles and bindings are read from; the server gives its watch caches, so that no request waits for etcd. */
export interface PolicySource {
  clusterRole(name: string): RoleObject | undefined;
  role(namespace: string, name: string): RoleObject | undefined;
  clusterRoleBindings(): Iterable<BindingObject>;
  roleBindings(namespace: string): Iterable<BindingObject>;
}

/** May `user` do `action`? ClusterRoleBindings are asked first, then the RoleBindings of the action's namespace. */
export function isAllowed(source: PolicySource, user: User, action: Action): boolean {
  if (user.groups.includes(mastersGroup)) return true;
  for (const rule of rulesFor(source, user, action.isResource ? action.namespace : "")) {
    if (ruleAllows(rule, action)) return true;
  }
  return false;
}

/** Every rule that holds for a user in a namespace ("" for the whole cluster only). */
export function* rulesFor(source: PolicySource, user: User, namespace: string): Generator<PolicyRule> {
  for (const binding of source.clusterRoleBindings()) {
    if (binds(binding, user, "")) yield* source.clusterRole(binding.roleRef.name)?.rules ?? [];
  }
  if (namespace === "") return;
  for (const binding of source.roleBindings(namespace)) {
    if (!binds(binding, user, namespace)) continue;
    const { kind, name } = binding.roleRef;
    yield* (kind === "ClusterRole" ? source.clusterRole(name) : source.role(namespace, name))?.rules ?? [];
  }
}

function binds(binding: BindingObject, user: User, namespace: string): boolean {
  return (binding.subjects ?? []).some((subject) => subjectMatches(subject, user, namespace));
}
