import { parseMediaType } from "../http/media-types.ts";
import { readJson, readYaml } from "../http/read-body.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { isRecord, mergePatch } from "../patch/merge-patch.ts";
import { type PatchSchema, strategicMergePatch } from "../patch/strategic-merge-patch.ts";
import { decodeBody } from "../registry/decode-object.ts";
import { type Part, updateObject } from "../registry/update.ts";
import { badRequest, unsupportedMediaType } from "../status/refusals.ts";
import { addWarnings, type ResourceCall, type ResourceHandler, viewOf, writing } from "./resource-routes.ts";
import { sendObject } from "./send.ts";

/** PATCH of an object or of one of its parts, by the patch type that Content-Type names. */
export function patchHandler(part: Part): ResourceHandler {
  return async (call) => {
    const operation = writing(call, "PatchOptions");
    const apply = readPatch(call);
    const { kind } = call.resource;
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

/** The patch as a function from the current object to the wanted one; it may be called again when a race was lost. */
export function readPatch({ request, resource }: ResourceCall): (current: object) => unknown {
  const { type } = parseMediaType(request.headers["content-type"] ?? "");
  const bytes = request.body as Buffer | undefined;
  if (!bytes || bytes.length === 0) throw badRequest("the body of a patch is empty");
  const text = bytes.toString("utf8");
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
    case "application/apply-patch+yaml":
      throw unsupportedMediaType(
        "this server does not do server-side apply: leave out --server-side, or use a merge or strategic merge patch",
      );
    default:
      throw unsupportedMediaType(
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
      );
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw badRequest("a merge patch must be an object");
  return value;
}
