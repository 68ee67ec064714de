import { ClusterRole, ClusterRoleBinding, type KubeObject, Role, RoleBinding } from "@drydock/machinery";
import { type BindingObject, isAllowed, type PolicySource, type RoleObject, rulesFor } from "../rbac/authorizer.ts";
import { cachedPolicy } from "../rbac/cached-policy.ts";
import { notCovered } from "../rbac/covers.ts";
import type { PolicyRule } from "../rbac/rules.ts";
import { mastersGroup } from "../rbac/user.ts";
import { forbidden } from "../status/refusals.ts";
import type { AdmissionRequest, AdmissionStage } from "./admission.ts";

/**
 * Nobody gives what they do not have: a role may hold, and a binding may give, only rights that the writer has in the
 * same place, unless they may `escalate` that role or `bind` it (kubernetes/pkg/registry/rbac, policybased storages).
 */
export const rbacEscalation: AdmissionStage = {
  name: "rbac-escalation",
  what: "nobody gives rights that they do not have",
  validate(request: AdmissionRequest): void {
    const { resource, operation, user, object, registry } = request;
    const { kind } = resource;
    if (kind.group !== Role.group || operation === "delete" || !object || user.groups.includes(mastersGroup)) return;
    const policy = cachedPolicy(registry);
    if (kind.plural === Role.plural || kind.plural === ClusterRole.plural) {
      const { rules = [] } = object as RoleObject;
      if (!may(policy, request, "escalate", kind.plural, request.name)) refuseMore(policy, request, rules);
    } else if (kind.plural === RoleBinding.plural || kind.plural === ClusterRoleBinding.plural) {
      const { roleRef } = object as KubeObject as BindingObject;
      const isCluster = roleRef.kind === ClusterRole.kind;
      if (may(policy, request, "bind", isCluster ? ClusterRole.plural : Role.plural, roleRef.name)) return;
      const role = isCluster ? policy.clusterRole(roleRef.name) : policy.role(request.namespace, roleRef.name);
      // A role that is not there yet may be given any rights later: then it must be there first.
      if (!role)
        throw forbidden(
          kind,
          request.name,
          `role ${JSON.stringify(roleRef.name)} does not exist, so its rights cannot be compared with yours`,
        );
      refuseMore(policy, request, role.rules ?? []);
    }
  },
};

function may(
  policy: PolicySource,
  { user, namespace }: AdmissionRequest,
  verb: string,
  resource: string,
  name: string,
): boolean {
  return isAllowed(policy, user, {
    isResource: true,
    verb,
    group: Role.group,
    resource,
    subresource: "",
    name,
    namespace,
  });
}

function refuseMore(policy: PolicySource, request: AdmissionRequest, rules: readonly PolicyRule[]): void {
  const { user, resource, name, namespace } = request;
  const lacking = notCovered([...rulesFor(policy, user, namespace)], rules);
  if (lacking.length === 0) return;
  const list = lacking.map((rule) => JSON.stringify(rule)).join("\n");
  const who = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)})`;
  throw forbidden(resource.kind, name, `${who} is attempting to grant RBAC permissions not currently held:\n${list}`);
}
