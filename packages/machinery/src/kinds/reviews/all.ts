import type { Kind } from "../../kind.ts";
import { LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from "./access-review.ts";
import { SelfSubjectReview, TokenReview } from "./identity-review.ts";
import { SelfSubjectRulesReview } from "./rules-review.ts";

/** Questions to the server that have the form of objects: created, answered, and never stored. */
export const reviewKinds: readonly Kind[] = [
  SelfSubjectReview,
  TokenReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
];
