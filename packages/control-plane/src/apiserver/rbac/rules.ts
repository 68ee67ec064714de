import type { User } from "./user.ts";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

export interface Subject {
  kind: string;
  name: string;
  namespace?: string;
  apiGroup?: string;
}

/** What somebody wants to do, as RBAC sees it. */
export type Action =
  | {
      isResource: true;
      verb: string;
      group: string;
      resource: string;
      subresource: string;
      name: string;
      namespace: string;
      /** Of a list or watch; only the node authorizer looks at it. */
      fieldSelector?: string;
    }
  | { isResource: false; verb: string; path: string };

/** Pure: does one rule allow the action? Follows plugin/pkg/auth/authorizer/rbac (RuleAllows). */
export function ruleAllows(rule: PolicyRule, action: Action): boolean {
  if (!matches(rule.verbs, action.verb)) return false;
  if (!action.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, action.path));
  const names = rule.resourceNames ?? [];
  return (
    matches(rule.apiGroups ?? [], action.group) &&
    resourceMatches(rule.resources ?? [], action.resource, action.subresource) &&
    (names.length === 0 || names.includes(action.name))
  );
}

function matches(allowed: readonly string[], value: string): boolean {
  return allowed.includes("*") || allowed.includes(value);
}

// "pods" and "pods/log" name themselves, "*" is everything, "*/log" that subresource of all resources.
function resourceMatches(allowed: readonly string[], resource: string, subresource: string): boolean {
  if (subresource === "") return matches(allowed, resource);
  return matches(allowed, `${resource}/${subresource}`) || allowed.includes(`*/${subresource}`);
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1));
}

/**
 * Does a binding's subject speak of this user? `bindingNamespace` is where a ServiceAccount without a namespace would
 * be.
 */
export function subjectMatches(subject: Subject, user: User, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case "User":
      return user.name === subject.name;
    case "Group":
      return user.groups.includes(subject.name);
    case "ServiceAccount":
      return user.name === `system:serviceaccount:${subject.namespace || bindingNamespace}:${subject.name}`;
    default:
      return false;
  }
}
