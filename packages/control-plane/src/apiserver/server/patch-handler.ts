import type { FieldError } from "@drydock/machinery";
import { parseMediaType } from "../http/media-types.ts";
import { readJson, readYaml } from "../http/read-body.ts";
import { isTrue } from "../http/request-info.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { isRecord, mergePatch } from "../patch/merge-patch.ts";
import { type PatchSchema, strategicMergePatch } from "../patch/strategic-merge-patch.ts";
import { authorize } from "../pipeline/authorize.ts";
import { applyObject } from "../registry/apply.ts";
import { decodeBody, decodeConfiguration } from "../registry/decode-object.ts";
import { type Part, updateObject } from "../registry/update.ts";
import { badRequest, invalid, unsupportedMediaType } from "../status/refusals.ts";
import { addWarnings, type ResourceCall, type ResourceHandler, viewOf, writing } from "./resource-routes.ts";
import { sendObject } from "./send.ts";

/** PATCH of an object or of one of its parts, by the patch type that Content-Type names. */
export function patchHandler(part: Part): ResourceHandler {
  return async (call) => {
    const operation = writing(call, "PatchOptions");
    const { kind } = call.resource;
    const { query } = call.request.context;
    if (isApply(call)) {
      const { value } = readYaml((call.request.body as Buffer | undefined)?.toString("utf8") ?? "");
      const { fieldValidation } = operation.parameters;
      const configuration = decodeConfiguration(kind, value, fieldValidation, operation.warnings);
      if (!query.get("fieldManager"))
        throw optionRefused("fieldManager", "FieldValueRequired", "Required value: is required for apply patch");
      const { info, api, operation: asked } = call;
      const request = {
        configuration,
        name: info.name,
        part,
        force: isTrue(query.get("force") ?? "false"),
        demandCreate: () => authorize(api.authorizer, asked.user, { ...info, verb: "create" }, query),
      };
      const { object, created } = await applyObject(operation, request);
      addWarnings(call.reply, [...new Set(operation.warnings)]);
      return sendObject(call.reply, viewOf(call), object, created ? 201 : 200);
    }
    if (query.has("force"))
      throw optionRefused("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch");
    const apply = readPatch(call);
    const patched = await updateObject(
      operation,
      call.info.name,
      (current) => {
        const value = apply(current);
        return decodeBody(kind, { value, duplicates: [] }, operation.parameters.fieldValidation, operation.warnings);
      },
      part,
    );
    addWarnings(call.reply, [...new Set(operation.warnings)]);
    return sendObject(call.reply, viewOf(call), patched);
  };
}

const notAPatch = "the body of the request was in an unknown format - accepted media types include";

/** The patch as a function from the current object to the wanted one; it may be called again when a race was lost. */
export function readPatch({ request, resource }: ResourceCall): (current: object) => unknown {
  const { type } = parseMediaType(request.headers["content-type"] ?? "");
  const bytes = request.body as Buffer | undefined;
  if (!bytes || bytes.length === 0) throw badRequest("the body of a patch is empty");
  const text = bytes.toString("utf8");
  if (type === "application/strategic-merge-patch+json" && resource.kind.custom) {
    throw unsupportedMediaType(
      `${notAPatch}: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
    );
  }
  switch (type) {
    case "application/json-patch+json": {
      const patch = readJson(text).value;
      return (current) => jsonPatch(current, patch);
    }
    case "application/merge-patch+json": {
      const patch = objectIn(readJson(text).value);
      return (current) => mergePatch(current, patch);
    }
    case "application/strategic-merge-patch+json": {
      const patch = objectIn(readYaml(text).value);
      return (current) => strategicMergePatch(current, patch, resource.kind.schema as PatchSchema);
    }
    default:
      throw unsupportedMediaType(
        `${notAPatch}: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml`,
      );
  }
}

function isApply({ request }: ResourceCall): boolean {
  return parseMediaType(request.headers["content-type"] ?? "").type === "application/apply-patch+yaml";
}

function optionRefused(field: string, reason: FieldError["reason"], message: string): Error {
  return invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [{ field, reason, message }]);
}

function objectIn(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw badRequest("a merge patch must be an object");
  return value;
}
