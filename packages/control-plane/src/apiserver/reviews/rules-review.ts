import type { PolicyRule, SelfSubjectRulesReview } from "@drydock/machinery";
import { rulesFor } from "../rbac/authorizer.ts";
import { mastersGroup } from "../rbac/user.ts";
import { badRequest } from "../status/refusals.ts";
import type { Question } from "./review.ts";

/** What may the sender do in a namespace? (`kubectl auth can-i --list`) Equal rules are told once. */
export function reviewRules({ api, user, object }: Question<SelfSubjectRulesReview>): object {
  const { namespace = "" } = object.spec;
  if (namespace === "") throw badRequest("no namespace on request");
  const all: PolicyRule[] = user.groups.includes(mastersGroup)
    ? [
        { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
        { verbs: ["*"], nonResourceURLs: ["*"] },
      ]
    : ([...rulesFor(api.policy, user, namespace)] as PolicyRule[]);
  const rules = [...new Map(all.map((rule) => [JSON.stringify(rule), rule])).values()];
  return {
    resourceRules: rules
      .filter(({ nonResourceURLs }) => !nonResourceURLs?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}
