import { type Kind, Namespace, Pod, ServiceAccount } from "@drydock/machinery";
import type { ResourceRequest } from "../http/request-info.ts";
import { bindingHandlers } from "../pods/binding.ts";
import { evictionHandlers } from "../pods/eviction.ts";
import { logHandlers } from "../pods/log.ts";
import { streamHandlers } from "../pods/stream.ts";
import { decodeBody } from "../registry/decode-object.ts";
import { getObject } from "../registry/get.ts";
import { type Part, updateObject } from "../registry/update.ts";
import { noSuchResource } from "../status/refusals.ts";
import { tokenHandlers } from "../tokens/token-request.ts";
import { patchHandler } from "./patch-handler.ts";
import { addWarnings, bodyOf, type ResourceHandler, viewOf, writing } from "./resource-routes.ts";
import { scaleHandlers } from "./scale-handlers.ts";
import { sendObject } from "./send.ts";

type Handlers = Readonly<Record<string, ResourceHandler>>;

/**
 * The handler of a subresource request, or undefined when the subresource lacks the verb. Throws REQUEST_NOT_FOUND when
 * there is no such subresource.
 */
export function subresourceHandlers(kind: Kind, { subresource, verb }: ResourceRequest): ResourceHandler | undefined {
  const handlers = handlersOf(kind, subresource);
  if (!handlers) throw noSuchResource();
  return handlers[verb];
}

function handlersOf(kind: Kind, subresource: string): Handlers | undefined {
  if (subresource === "finalize") return kind === (Namespace as Kind) ? finalizeHandlers : undefined;
  if (!kind.subresources.some((one) => one === subresource)) return undefined;
  if (subresource === "status" || subresource === "approval") return partHandlers[subresource];
  if (subresource === "scale") return scaleHandlers;
  if (subresource === "token") return kind === (ServiceAccount as Kind) ? tokenHandlers : undefined;
  return kind === (Pod as unknown as Kind) ? podHandlers[subresource] : undefined;
}

const podHandlers: Readonly<Record<string, Handlers>> = {
  binding: bindingHandlers,
  eviction: evictionHandlers,
  log: logHandlers,
  exec: streamHandlers("exec"),
  attach: streamHandlers("attach"),
  portforward: streamHandlers("portforward"),
};

/** PUT of one part of an object. */
function replacePart(part: Part): ResourceHandler {
  return async (call) => {
    const operation = writing(call, "UpdateOptions");
    const { fieldValidation } = operation.parameters;
    const object = decodeBody(call.resource.kind, bodyOf(call), fieldValidation, operation.warnings);
    const updated = await updateObject(operation, call.info.name, () => structuredClone(object), part);
    addWarnings(call.reply, operation.warnings);
    return sendObject(call.reply, viewOf(call), updated);
  };
}

/** Subresources that are a part of the object. */
const partHandlers = { status: handlersOfPart("status"), approval: handlersOfPart("approval") };

function handlersOfPart(part: Part): Handlers {
  return {
    get: async (call) => sendObject(call.reply, viewOf(call), await getObject(call.operation, call.info.name, "")),
    update: replacePart(part),
    patch: patchHandler(part),
  };
}

const finalizeHandlers: Handlers = { update: replacePart("finalize") };
