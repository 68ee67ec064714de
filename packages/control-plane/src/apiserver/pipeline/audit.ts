import type { Logger } from "@drydock/kit";
import type { RequestContext } from "../http/request-context.ts";
import type { AuditLevel } from "./audit-policy.ts";

/** Longer bodies are not written down, bytes. */
const bodyLimit = 64 * 1024;

/** One line on a finished request, for debugging. Only metadata: no bodies, so that no secret gets into a log. */
export function logRequest(logger: Logger, context: RequestContext, code: number): void {
  const { info, user, method, id } = context;
  const target = info.isResource
    ? {
        group: info.group,
        resource: info.subresource ? `${info.resource}/${info.subresource}` : info.resource,
        namespace: info.namespace,
        name: info.name,
      }
    : {};
  const ms = Math.round((performance.now() - context.startedAt) * 10) / 10;
  logger.debug({ id, user: user.name, verb: info.verb, method, path: info.path, ...target, code, ms }, "request");
}

/**
 * audit.k8s.io/v1 Event of a finished request. `body` is what was sent: it is in the entry at level Request, when it is
 * JSON. Query and headers are not in it: tokens may be in either.
 */
export function auditEvent(
  context: RequestContext,
  level: Exclude<AuditLevel, "None">,
  code: number,
  nowMs: number,
  body: Buffer | undefined,
): object {
  const { info, user, id, sender } = context;
  const sent = level === "Request" ? asJson(body) : undefined;
  const { name: username, uid, groups, extra } = sender ?? user;
  const event = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level,
    auditID: id,
    stage: "ResponseComplete",
    requestURI: info.path,
    verb: info.verb,
    user: { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) },
    ...(sender ? { impersonatedUser: { username: user.name, groups: user.groups } } : {}),
    ...(info.isResource ? { objectRef: objectRef(info) } : {}),
    responseStatus: { code },
    ...(sent === undefined ? {} : { requestObject: sent }),
    requestReceivedTimestamp: micro(nowMs - (performance.now() - context.startedAt)),
    stageTimestamp: micro(nowMs),
  };
  return event;
}

function objectRef({
  resource,
  namespace,
  name,
  group,
  version,
  subresource,
}: RequestContext["info"] & { isResource: true }) {
  const reference = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return Object.fromEntries(Object.entries(reference).filter(([, value]) => value !== ""));
}

function asJson(body: Buffer | undefined): unknown {
  if (!body || body.length === 0 || body.length > bodyLimit || (body[0] !== 0x7b && body[0] !== 0x5b)) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    // It was refused for that; the code of the answer says so.
    return undefined;
  }
}

function micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
