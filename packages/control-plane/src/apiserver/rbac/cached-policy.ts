import { ClusterRole, ClusterRoleBinding, type KubeObject, Role, RoleBinding } from "@drydock/machinery";
import type { Registry } from "../registry/registry.ts";
import { collectionPrefix } from "../registry/resource.ts";
import type { BindingObject, PolicySource, RoleObject } from "./authorizer.ts";

/**
 * RBAC's objects from the watch caches: a decision never waits for etcd, and a change counts a moment after it is
 * stored.
 */
export function cachedPolicy(registry: Registry): PolicySource {
  const clusterRoleBindings = registry.require(ClusterRoleBinding);
  const roleBindings = registry.require(RoleBinding);
  return {
    clusterRole: (name) => registry.cached<KubeObject>(ClusterRole, "", name) as RoleObject | undefined,
    role: (namespace, name) => registry.cached<KubeObject>(Role, namespace, name) as RoleObject | undefined,
    clusterRoleBindings: () => clusterRoleBindings.cache.list().items as BindingObject[],
    roleBindings: (namespace) =>
      roleBindings.cache.list(collectionPrefix(roleBindings, namespace)).items as BindingObject[],
  };
}
