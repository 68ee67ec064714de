import type { IncomingHttpHeaders } from "node:http";
import { isAllowed, type PolicySource } from "../rbac/authorizer.ts";
import { anonymousUser, serviceAccountUser, type User } from "../rbac/user.ts";
import { badRequest, forbidden } from "../status/refusals.ts";

/**
 * `kubectl --as=USER --as-group=GROUP`: somebody who may impersonate acts as another, with that one's rights and no
 * others. Never passed over silently: the request would then run with more rights than its sender meant it to have.
 * Throws REQUEST_FORBIDDEN, REQUEST_BAD (apiserver/pkg/endpoints/filters/impersonation.go).
 */
export function impersonate(policy: PolicySource, user: User, headers: IncomingHttpHeaders): User {
  const name = headers["impersonate-user"];
  // Node joins a header that comes several times.
  const groups = String(headers["impersonate-group"] ?? "")
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "");
  const others = Object.keys(headers).filter((header) => /^impersonate-(uid$|extra-)/.test(header));
  if (typeof name !== "string" || name === "") {
    if (groups.length === 0 && others.length === 0) return user;
    throw badRequest("requested impersonation without impersonating a user");
  }
  if (others.length > 0) throw badRequest(`this server does not impersonate by ${others.join(", ")}`);

  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) demand(policy, user, "serviceaccounts", account[2] as string, account[1] as string);
  else demand(policy, user, "users", name);
  for (const group of groups) demand(policy, user, "groups", group);
  if (account && groups.length === 0) return serviceAccountUser(account[1] as string, account[2] as string);
  const implied = name === anonymousUser.name ? "system:unauthenticated" : "system:authenticated";
  return { name, groups: [...new Set([...groups, implied])] };
}

function demand(policy: PolicySource, user: User, resource: string, name: string, namespace = ""): void {
  const action = {
    isResource: true,
    verb: "impersonate",
    group: "",
    resource,
    subresource: "",
    name,
    namespace,
  } as const;
  if (isAllowed(policy, user, action)) return;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `User ${JSON.stringify(user.name)} cannot impersonate resource ${JSON.stringify(resource)} in API group "" ${where}`;
  throw forbidden({ group: "", plural: resource }, name, why);
}
