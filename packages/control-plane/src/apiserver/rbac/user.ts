/** Who makes a request. */
export interface User {
  name: string;
  groups: readonly string[];
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
