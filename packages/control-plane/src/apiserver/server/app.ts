import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { hasCode, messageOf } from "@drydock/kit";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { discoveryRoutes } from "../discovery/discovery-routes.ts";
import { healthRoutes } from "../discovery/health-routes.ts";
import { openApiRoutes } from "../discovery/openapi-routes.ts";
import { wantsEventStream } from "../http/rendering.ts";
import type { RequestContext } from "../http/request-context.ts";
import { parseRequest } from "../http/request-info.ts";
import { requestSignal } from "../http/request-signal.ts";
import { auditEvent, logRequest } from "../pipeline/audit.ts";
import { auditLevel } from "../pipeline/audit-policy.ts";
import { authenticate } from "../pipeline/authenticate.ts";
import { authorize } from "../pipeline/authorize.ts";
import { impersonate } from "../pipeline/impersonate.ts";
import { anonymousUser } from "../rbac/user.ts";
import { badRequest, noSuchResource, tooLarge } from "../status/refusals.ts";
import { statusOfError } from "../status/status-of-error.ts";
import type { ApiContext } from "./api-context.ts";
import { resourceRoutes } from "./resource-routes.ts";

declare module "fastify" {
  interface FastifyRequest {
    context: RequestContext;
    leave: (() => void) | undefined;
  }
}

/**
 * The largest body that is read; etcd takes values of at most 1.5 MiB anyway, patches may be longer than their result.
 */
const bodyLimitBytes = 3 * 1024 * 1024;

/** What logs and metrics say of a request whose client did not wait for the answer (nginx's code). */
const clientGone = 499;

/**
 * The server as a Fastify instance: every stage of the pipeline in order, then the features as plugins. It does not
 * listen.
 */
export async function buildApp(api: ApiContext): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: bodyLimitBytes,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    exposeHeadRoutes: false,
    frameworkErrors: (error, _request, reply) => sendError(reply as FastifyReply, asRefusal(error)),
  });
  app.removeAllContentTypeParsers();
  // Bodies are read as they are; what they may contain depends on the resource.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.decorateRequest("context");
  app.decorateRequest("leave", undefined);

  app.addHook("onRequest", async (request, reply) => {
    const context = beginContext(api, request, reply);
    request.context = context;
    // Not Fastify's onResponse: that is silent when the client goes away in the middle.
    reply.raw.once("close", () => finish(api, request, reply.raw));
    api.timings.measure("authenticate", () => {
      context.user = authenticate(request.raw, api.tokens, api.clock.now());
    });
    api.timings.measure("limit-in-flight", () => {
      request.leave = api.inFlight.enter(context.info, context.user);
    });
    api.timings.measure("impersonate", () => {
      const sender = context.user;
      context.user = impersonate(api.policy, sender, request.headers);
      if (context.user !== sender) context.sender = sender;
    });
    api.timings.measure("authorize", () => authorize(api.authorizer, context.user, context.info, context.query));
  });
  app.setErrorHandler((error, _request, reply) => {
    const refusal = asRefusal(error);
    const status = statusOfError(refusal);
    if (status.code === 500)
      api.logger.error(
        { error: messageOf(error), stack: (error as Error).stack },
        "a request failed inside the server",
      );
    sendError(reply, refusal);
  });
  app.setNotFoundHandler((_request, reply) => sendError(reply, noSuchResource()));

  await app.register(healthRoutes, { api });
  await app.register(discoveryRoutes, { api });
  await app.register(openApiRoutes, { api });
  await app.register(resourceRoutes, { api });
  await app.ready();
  return app;
}

function beginContext(api: ApiContext, { raw, method }: FastifyRequest, reply: FastifyReply): RequestContext {
  const url = raw.url ?? "/";
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : url.slice(question + 1));
  let signal: AbortSignal | undefined;
  return {
    id: randomUUID(),
    method,
    info: parseRequest(method, path, query, wantsEventStream(raw.headers.accept)),
    query,
    get signal() {
      signal ??= requestSignal(raw, reply.raw, api.closing);
      return signal;
    },
    user: anonymousUser,
    warnings: [],
    startedAt: performance.now(),
  };
}

function finish(api: ApiContext, { context, leave, body }: FastifyRequest, response: ServerResponse): void {
  leave?.();
  const answered = response.writableFinished || response.statusCode === 101;
  const code = answered ? response.statusCode : clientGone;
  api.metrics.record(context, code);
  api.timings.measure("audit", () => {
    logRequest(api.logger, context, code);
    if (!api.audit) return;
    const level = auditLevel(api.audit.policy, context.user, context.info);
    if (level !== "None")
      api.audit.log.write(auditEvent(context, level, code, api.clock.now(), body as Buffer | undefined));
  });
}

export function sendError(reply: FastifyReply, error: unknown): void {
  const status = statusOfError(error);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  reply
    .code(status.code ?? 500)
    .header("content-type", "application/json")
    .send(Buffer.from(`${JSON.stringify(status)}\n`));
}

/** What Fastify itself refuses, in our words. */
function asRefusal(error: unknown): unknown {
  if (hasCode(error)) return error;
  const { code, statusCode } = error as FastifyError;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return tooLarge(bodyLimitBytes);
  return statusCode !== undefined && statusCode < 500 ? badRequest(messageOf(error)) : error;
}
