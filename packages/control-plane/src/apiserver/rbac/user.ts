/** Who makes a request. */
export interface User {
  name: string;
  groups: readonly string[];
  /** Of service accounts. */
  uid?: string;
  /** What else its token says of it, e.g. the pod that it is for. */
  extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** Members may do everything; RBAC is not asked. */
export const mastersGroup = "system:masters";

/** The node that a user is the agent of, or undefined. */
export function nodeNameOf(user: User): string | undefined {
  const prefix = "system:node:";
  if (!user.groups.includes("system:nodes") || !user.name.startsWith(prefix)) return undefined;
  return user.name.slice(prefix.length);
}

/** A service account as a user. */
export function serviceAccountUser(namespace: string, name: string): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
  };
}
