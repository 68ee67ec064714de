import { messageOf } from "@drydock/kit";
import jsonpatch from "fast-json-patch";
import { failure } from "../../errors.ts";
import { badRequest } from "../status/refusals.ts";

/** More operations than this in one patch are refused, as kube-apiserver does. */
const operationsLimit = 10_000;

/** Applies a JSON patch (RFC 6902) to a copy. Throws REQUEST_BAD when it is no patch, REQUEST_INVALID when it does not fit. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch must be a list of operations");
  if (patch.length > operationsLimit) {
    throw badRequest(`The allowed maximum operations in a JSON patch is ${operationsLimit}, got ${patch.length}`);
  }
  try {
    // Validates each operation, refuses __proto__.
    return jsonpatch.applyPatch(target, patch as jsonpatch.Operation[], true, false, true).newDocument;
  } catch (error) {
    const reason = error instanceof jsonpatch.JsonPatchError ? error.name : messageOf(error);
    throw failure("REQUEST_INVALID", `the server rejected our request due to an error in our request: ${reason}`, {
      cause: error,
    });
  }
}
