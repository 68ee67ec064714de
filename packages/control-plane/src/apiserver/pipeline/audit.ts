import type { Logger } from "@drydock/kit";
import type { RequestContext } from "../http/request-context.ts";

/** One line on a finished request. Only metadata: no bodies, so that no secret gets into a log. */
export function audit(logger: Logger, context: RequestContext, code: number): void {
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
