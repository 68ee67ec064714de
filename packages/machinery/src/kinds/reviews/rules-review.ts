import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { atomicList, defineKind, definitions, flag, objectSchema, text } from "../define.ts";

const prefix = "io.k8s.api.authorization.v1";
const authorization = definitions(prefix);
const type = { group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectRulesReview" };
const list = (description: string) => atomicList(Type.String(), description);

const ResourceRuleSchema = authorization("ResourceRule", "Verbs that are allowed on resources.", {
  verbs: list("What is allowed."),
  apiGroups: Type.Optional(list("Groups of the resources.")),
  resources: Type.Optional(list("The resources.")),
  resourceNames: Type.Optional(list("Only objects of these names; all when empty.")),
});

const NonResourceRuleSchema = authorization("NonResourceRule", "Verbs that are allowed on paths.", {
  verbs: list("What is allowed."),
  nonResourceURLs: Type.Optional(list("The paths.")),
});

const schema = objectSchema(type, prefix, "What may I do in a namespace?", {
  spec: authorization("SelfSubjectRulesReviewSpec", "Where.", {
    namespace: Type.Optional(text("The namespace that is asked about.")),
  }),
  status: Type.Optional(
    authorization("SubjectRulesReviewStatus", "What is allowed there.", {
      resourceRules: atomicList(ResourceRuleSchema, "What may be done to resources."),
      nonResourceRules: atomicList(NonResourceRuleSchema, "What may be done to paths."),
      incomplete: flag("True when there may be more."),
      evaluationError: Type.Optional(text("What went wrong while it was found out.")),
    }),
  ),
});

export type SelfSubjectRulesReview = Static<typeof schema>;

/** `kubectl auth can-i --list`; asked and answered in one request, never stored. */
export const SelfSubjectRulesReview: Kind<SelfSubjectRulesReview> = defineKind<SelfSubjectRulesReview>({
  ...type,
  plural: "selfsubjectrulesreviews",
  namespaced: false,
  verbs: ["create"],
  schema,
});
