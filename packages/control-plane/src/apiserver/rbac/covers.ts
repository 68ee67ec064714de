import type { PolicyRule } from "./rules.ts";

/**
 * The parts of `wanted` that `held` does not allow: what somebody would give away without having it. Each part names
 * one verb on one resource or path. Follows kubernetes/component-helpers/auth/rbac/validation (Covers). Pure.
 */
export function notCovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(split).filter((part) => !held.some((rule) => ruleCovers(rule, part)));
}

function split(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    const verbs = [verb];
    for (const url of rule.nonResourceURLs ?? []) parts.push({ verbs, nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const part = { verbs, apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) parts.push(part);
        for (const name of names) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  return parts;
}

/** `part` has at most one entry in each list. */
function ruleCovers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!includes(rule.verbs, part.verbs[0])) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((held) => urlCovers(held, url));
  const name = part.resourceNames?.[0];
  const heldNames = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups, part.apiGroups?.[0]) &&
    resourceCovers(rule.resources ?? [], part.resources?.[0] ?? "") &&
    (heldNames.length === 0 || (name !== undefined && heldNames.includes(name)))
  );
}

function includes(held: readonly string[] | undefined, wanted: string | undefined): boolean {
  return wanted !== undefined && (held?.includes("*") || held?.includes(wanted)) === true;
}

function resourceCovers(held: readonly string[], wanted: string): boolean {
  if (held.includes("*") || held.includes(wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`);
}

function urlCovers(held: string, wanted: string): boolean {
  return held === wanted || (held.endsWith("*") && wanted.startsWith(held.slice(0, -1)));
}
