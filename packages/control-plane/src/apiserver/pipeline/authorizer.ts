import { nodeRefusal } from "../node/node-authorizer.ts";
import { isAllowed, type PolicySource } from "../rbac/authorizer.ts";
import type { Action } from "../rbac/rules.ts";
import { nodeNameOf, type User } from "../rbac/user.ts";
import type { Registry } from "../registry/registry.ts";

/** May somebody do something? */
export interface Authorizer {
  /** Undefined when it is allowed; otherwise why it is not, "" when nothing but the lack of a rule is to be told. */
  refusal(user: User, action: Action): string | undefined;
}

/** Agents are held to what is theirs first; then RBAC decides. */
export function createAuthorizer(registry: Registry, policy: PolicySource): Authorizer {
  return {
    refusal(user, action) {
      const node = nodeNameOf(user);
      const foreign = node === undefined ? undefined : nodeRefusal(registry, node, action);
      if (foreign !== undefined) return foreign;
      return isAllowed(policy, user, action) ? undefined : "";
    },
  };
}
