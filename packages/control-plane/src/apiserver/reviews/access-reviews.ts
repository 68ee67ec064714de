import {
  type KubeObject,
  LocalSubjectAccessReview,
  type SelfSubjectAccessReview,
  SubjectAccessReview,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
} from "@drydock/machinery";
import type { Action } from "../rbac/rules.ts";
import type { User } from "../rbac/user.ts";
import { badRequest, invalid } from "../status/refusals.ts";
import type { Question } from "./review.ts";

/** May the sender do this? (`kubectl auth can-i`) */
export function reviewSelf({ api, user, object }: Question<SelfSubjectAccessReview>): SubjectAccessReviewStatus {
  return decide(api, user, actionIn(object, object.spec));
}

/** May somebody else do this? Servers ask it that leave authorization to this one. */
export function reviewSubject({ api, object }: Question<SubjectAccessReview>): SubjectAccessReviewStatus {
  const { user = "", groups = [] } = object.spec;
  if (user === "" && groups.length === 0) {
    throw invalid(SubjectAccessReview, "", [
      {
        field: "spec.user",
        reason: "FieldValueInvalid",
        message: 'Invalid value: "": at least one of user or group must be specified',
      },
    ]);
  }
  return decide(api, { name: user, groups }, actionIn(object, object.spec));
}

/** The same, asked by somebody who may ask in one namespace only. */
export function reviewLocal(question: Question<SubjectAccessReview>): SubjectAccessReviewStatus {
  const { resourceAttributes } = question.object.spec;
  if ((resourceAttributes?.namespace ?? "") !== question.namespace) {
    throw badRequest(
      `spec.resourceAttributes.namespace must match the namespace of the request: ${JSON.stringify(question.namespace)}`,
    );
  }
  if (!resourceAttributes) throw exactlyOne(LocalSubjectAccessReview);
  return reviewSubject(question);
}

function decide(api: Question["api"], user: User, action: Action): SubjectAccessReviewStatus {
  const refusal = api.authorizer.refusal(user, action);
  return refusal === undefined ? { allowed: true } : { allowed: false, ...(refusal ? { reason: refusal } : {}) };
}

function actionIn(
  { kind }: KubeObject,
  { resourceAttributes: wanted, nonResourceAttributes: path }: SubjectAccessReviewSpec,
): Action {
  if ((wanted === undefined) === (path === undefined)) throw exactlyOne({ kind });
  if (path) return { isResource: false, verb: path.verb ?? "", path: path.path ?? "" };
  return {
    isResource: true,
    verb: wanted?.verb ?? "",
    group: wanted?.group ?? "",
    resource: wanted?.resource ?? "",
    subresource: wanted?.subresource ?? "",
    name: wanted?.name ?? "",
    namespace: wanted?.namespace ?? "",
  };
}

function exactlyOne({ kind }: { kind: string }): Error {
  return invalid({ group: SubjectAccessReview.group, kind }, "", [
    {
      field: "spec.resourceAttributes",
      reason: "FieldValueInvalid",
      message: "Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified",
    },
  ]);
}
