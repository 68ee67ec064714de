import { isAllowed, type PolicySource } from "../rbac/authorizer.ts";
import type { Action } from "../rbac/rules.ts";
import type { User } from "../rbac/user.ts";

/** May somebody do something? */
export interface Authorizer {
  /** Undefined when it is allowed; otherwise why it is not, "" when nothing but the lack of a rule is to be told. */
  refusal(user: User, action: Action): string | undefined;
}

export function createAuthorizer(policy: PolicySource): Authorizer {
  return {
    refusal: (user, action) => (isAllowed(policy, user, action) ? undefined : ""),
  };
}
