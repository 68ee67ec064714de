import {
  apiVersionOf,
  checkValues,
  type Kind,
  LocalSubjectAccessReview,
  reviewKinds,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from "@drydock/machinery";
import type { FastifyReply, FastifyRequest } from "fastify";
import { readBody } from "../http/read-body.ts";
import type { ResourceRequest } from "../http/request-info.ts";
import { readWriteParameters } from "../http/write-parameters.ts";
import { decodeBody } from "../registry/decode-object.ts";
import type { ApiContext } from "../server/api-context.ts";
import { sendData } from "../server/send.ts";
import { invalid, methodNotAllowed } from "../status/refusals.ts";
import { reviewLocal, reviewSelf, reviewSubject } from "./access-reviews.ts";
import { reviewSender, reviewToken } from "./identity-reviews.ts";
import type { Review } from "./review.ts";
import { reviewRules } from "./rules-review.ts";

const answers = new Map<string, Review>([
  [SelfSubjectReview.plural, reviewSender as Review],
  [TokenReview.plural, reviewToken as Review],
  [SelfSubjectAccessReview.plural, reviewSelf as Review],
  [SubjectAccessReview.plural, reviewSubject as Review],
  [LocalSubjectAccessReview.plural, reviewLocal as Review],
  [SelfSubjectRulesReview.plural, reviewRules as Review],
]);

export function reviewKindOf({ group, version, resource }: ResourceRequest): Kind | undefined {
  return reviewKinds.find((kind) => kind.group === group && kind.version === version && kind.plural === resource);
}

/** POST of a question: its object comes back with the answer as its status; nothing is stored. */
export function answerReview(api: ApiContext, kind: Kind, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { info, query, user, warnings } = request.context;
  const answer = answers.get(kind.plural);
  if (!info.isResource || info.verb !== "create" || info.name !== "" || !answer) throw methodNotAllowed();
  const { fieldValidation } = readWriteParameters(query, "CreateOptions", request.headers["user-agent"] ?? "");
  const body = readBody(request.body as Buffer | undefined, request.headers["content-type"]);
  const object = decodeBody(kind, body, fieldValidation, warnings);
  // The answer is ours to give; Go sends an empty one along.
  delete (object as { status?: unknown }).status;
  const errors = checkValues(kind.schema, object);
  if (errors.length > 0) throw invalid(kind, "", errors);
  const status = answer({ api, user, namespace: kind.namespaced ? info.namespace : "", object });
  return sendData(reply, { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind), status }, "json", 201);
}
