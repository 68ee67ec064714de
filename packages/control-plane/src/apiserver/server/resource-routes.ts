import type { Kind } from "@drydock/machinery";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readBody } from "../http/read-body.ts";
import { chooseRendering } from "../http/rendering.ts";
import type { ResourceRequest } from "../http/request-info.ts";
import { readWriteParameters } from "../http/write-parameters.ts";
import type { Operation, WriteOperation } from "../registry/operation.ts";
import type { Resource } from "../registry/resource.ts";
import { readInclude, type View } from "../render/render.ts";
import { answerReview, reviewKindOf } from "../reviews/reviews.ts";
import { methodNotAllowed, noSuchResource } from "../status/refusals.ts";
import type { ApiContext } from "./api-context.ts";
import { subresourceHandlers } from "./subresource-handlers.ts";
import { verbHandlers } from "./verb-handlers.ts";

/** One request about a resource, with everything that its handler needs. */
export interface ResourceCall {
  api: ApiContext;
  request: FastifyRequest;
  reply: FastifyReply;
  info: ResourceRequest;
  resource: Resource;
  operation: Operation;
}

export type ResourceHandler = (call: ResourceCall) => Promise<unknown>;

/** Fastify plugin: everything below /api/v1/… and /apis/GROUP/VERSION/… that is not discovery. */
export async function resourceRoutes(app: FastifyInstance, { api }: { api: ApiContext }): Promise<void> {
  const handler = (request: FastifyRequest, reply: FastifyReply) =>
    api.timings.measureAsync("handle", () => dispatch(api, request, reply));
  const method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
  app.route({ method, url: "/api/*", handler });
  app.route({ method, url: "/apis/*", handler });
}

async function dispatch(api: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { info, user, warnings } = request.context;
  if (!info.isResource) throw noSuchResource();
  const review = reviewKindOf(info);
  if (review) return answerReview(api, review, request, reply);
  const { group, version } = info;
  const resource =
    api.registry.find(group, version, info.resource) ??
    (await api.customResources.awaited(group, version, info.resource));
  if (!resource) throw noSuchResource();
  const { kind } = resource;
  if (!kind.namespaced && info.namespace !== "" && kind.plural !== "namespaces") throw noSuchResource();
  // A single object of a namespaced kind is only found inside its namespace.
  if (kind.namespaced && info.namespace === "" && info.name !== "") throw noSuchResource();
  const namespace = kind.namespaced ? info.namespace : "";
  const { registry, admit } = api;
  const operation = { registry, resource, namespace, user, warnings, admit };
  const handler = info.subresource === "" ? verbHandlers[info.verb] : subresourceHandlers(kind, info);
  if (!handler || (info.subresource === "" && !mayAsk(kind, info))) throw methodNotAllowed();
  if (resource.terminating && info.verb === "create") {
    throw methodNotAllowed("create not allowed while custom resource definition is terminating");
  }
  if (kind.deprecation !== undefined) {
    warnings.push(kind.deprecation);
    addWarnings(reply, warnings);
  }
  const answer = await handler({ api, request, reply, info, resource, operation });
  return answer;
}

/** POST goes to a collection, PUT and PATCH to one object; the kind has the last word. */
function mayAsk(kind: Kind, { verb, name }: ResourceRequest): boolean {
  const wantsName = verb === "create" ? false : verb === "update" || verb === "patch" ? true : name !== "";
  return kind.verbs.includes(verb) && wantsName === (name !== "");
}

export function viewOf({ api, request, resource }: ResourceCall): View {
  return {
    kind: resource.kind,
    rendering: chooseRendering(request.headers.accept),
    include: readInclude(request.context.query),
    clock: api.clock,
  };
}

export function writing(call: ResourceCall, optionsKind: string): WriteOperation {
  const agent = call.request.headers["user-agent"] ?? "";
  return { ...call.operation, parameters: readWriteParameters(call.request.context.query, optionsKind, agent) };
}

export function bodyOf({ request }: ResourceCall): ReturnType<typeof readBody> {
  return readBody(request.body as Buffer | undefined, request.headers["content-type"]);
}

/** Warnings become headers (RFC 7234, agent "-"); they must be set before the answer is sent. */
export function addWarnings(reply: FastifyReply, warnings: readonly string[]): void {
  const headers = warnings.map((text) => `299 - ${JSON.stringify(text.replace(/[^\x20-\x7e]/g, "?"))}`);
  if (headers.length > 0) reply.header("warning", headers);
}
