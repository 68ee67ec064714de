import type { KubeObject } from "@drydock/machinery";
import { wantsEventStream } from "../http/rendering.ts";
import type { ResourceVerb } from "../http/request-info.ts";
import { createObject } from "../registry/create.ts";
import { decodeBody } from "../registry/decode-object.ts";
import { deleteObject } from "../registry/delete.ts";
import { deleteCollection } from "../registry/delete-collection.ts";
import { readDeletionOptions } from "../registry/delete-options.ts";
import { getObject } from "../registry/get.ts";
import { listObjects } from "../registry/list.ts";
import { readListOptions } from "../registry/list-options.ts";
import { selectionOf } from "../registry/selection.ts";
import { updateObject } from "../registry/update.ts";
import { successStatus } from "../status/status.ts";
import { FrameWriter } from "../watch/frames.ts";
import { serveLongPoll } from "../watch/long-poll.ts";
import { serveWatch } from "../watch/serve-watch.ts";
import { readWatchOptions } from "../watch/watch-options.ts";
import { patchHandler } from "./patch-handler.ts";
import { addWarnings, bodyOf, type ResourceCall, type ResourceHandler, viewOf, writing } from "./resource-routes.ts";
import { sendData, sendList, sendObject } from "./send.ts";

/** What a request on a collection or an object itself does. */
export const verbHandlers: Readonly<Record<ResourceVerb, ResourceHandler>> = {
  async get(call) {
    const view = viewOf(call);
    const version = call.request.context.query.get("resourceVersion") ?? "";
    return sendObject(call.reply, view, await getObject(call.operation, call.info.name, version));
  },

  async list(call) {
    const { query } = call.request.context;
    const view = viewOf(call);
    const { registry, resource, namespace } = call.operation;
    const selection = selectionOf(resource.kind, query);
    return sendList(
      call.reply,
      view,
      await listObjects(registry, resource, namespace, selection, readListOptions(query)),
    );
  },

  async watch(call) {
    const { request, reply, operation } = call;
    const { query, signal } = request.context;
    if (query.has("poll")) return serveLongPoll(call);
    const sse = wantsEventStream(request.headers.accept);
    const view = viewOf(call);
    const options = readWatchOptions(query);
    // A browser's EventSource names the last event that it has seen when it comes back.
    const lastSeen = request.headers["last-event-id"];
    if (sse && typeof lastSeen === "string" && /^\d{1,15}$/.test(lastSeen)) options.start = Number(lastSeen);
    const selection = selectionOf(operation.resource.kind, query);
    const contentType = sse ? "text/event-stream" : "application/json";
    const frames = new FrameWriter(view, sse ? "sse" : "lines");
    reply.hijack();
    await serveWatch({ ...operation, selection, options, frames, contentType, signal }, reply.raw);
    return reply;
  },

  async create(call) {
    const operation = writing(call, "CreateOptions");
    const object = decode(call, operation.parameters.fieldValidation);
    const created = await createObject(operation, object);
    addWarnings(call.reply, operation.warnings);
    return sendObject(call.reply, viewOf(call), created, 201);
  },

  async update(call) {
    const operation = writing(call, "UpdateOptions");
    const object = decode(call, operation.parameters.fieldValidation);
    const updated = await updateObject(operation, call.info.name, () => structuredClone(object));
    addWarnings(call.reply, operation.warnings);
    return sendObject(call.reply, viewOf(call), updated);
  },

  patch: patchHandler("main"),

  async delete(call) {
    const { kind } = call.resource;
    const options = readDeletionOptions(bodyOf(call).value, call.request.context.query);
    const { object, gone } = await deleteObject(call.operation, call.info.name, options);
    if (!gone) return sendObject(call.reply, viewOf(call), object);
    const { name, uid } = object.metadata;
    const group = kind.group === "" ? {} : { group: kind.group };
    return sendData(call.reply, successStatus({ name, ...group, kind: kind.plural, ...(uid ? { uid } : {}) }));
  },

  async deletecollection(call) {
    const { query } = call.request.context;
    const options = readDeletionOptions(bodyOf(call).value, query);
    const page = await deleteCollection(call.operation, selectionOf(call.resource.kind, query), query, options);
    return sendList(call.reply, viewOf(call), page);
  },
};

function decode(call: ResourceCall, fieldValidation: "Strict" | "Warn" | "Ignore"): KubeObject {
  const { resource, operation, api } = call;
  return api.timings.measure("decode", () =>
    decodeBody(resource.kind, bodyOf(call), fieldValidation, operation.warnings),
  );
}
