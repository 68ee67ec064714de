import { messageOf } from "@drydock/kit";
import jsonpatch from "fast-json-patch";
import { failure } from "../../errors.ts";
import { badRequest, tooLarge } from "../status/refusals.ts";
import { isRecord } from "./merge-patch.ts";

/** More operations than this in one patch are refused, as kube-apiserver does. */
const operationsLimit = 10_000;

/** What all `copy` operations of a patch may add together: each could double the object. */
const copyLimitBytes = 3 * 1024 * 1024;

/**
 * Applies a JSON patch (RFC 6902) to a copy. Throws REQUEST_BAD when it is no patch, REQUEST_INVALID when it does not
 * fit, REQUEST_TOO_LARGE when it copies too much.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch must be a list of operations");
  if (patch.length > operationsLimit) {
    throw badRequest(`The allowed maximum operations in a JSON patch is ${operationsLimit}, got ${patch.length}`);
  }
  let document: unknown = structuredClone(target);
  let copied = 0;
  for (const [index, operation] of patch.entries()) {
    try {
      if (isRecord(operation) && operation.op === "copy") copied += sizeAt(document, operation.from);
      if (movesIntoItself(operation)) throw new Error("a value cannot be moved into itself");
      if (copied > copyLimitBytes) break;
      // Validates the operation and refuses __proto__.
      document = jsonpatch.applyOperation(
        document,
        operation as jsonpatch.Operation,
        true,
        true,
        true,
        index,
      ).newDocument;
    } catch (error) {
      const reason = error instanceof jsonpatch.JsonPatchError ? error.name : messageOf(error);
      const message = `the server rejected our request due to an error in our request: operation ${index}: ${reason}`;
      throw failure("REQUEST_INVALID", message, { cause: error });
    }
  }
  if (copied > copyLimitBytes) throw tooLarge(copyLimitBytes);
  return document;
}

function sizeAt(document: unknown, from: unknown): number {
  if (typeof from !== "string") return 0;
  const value: unknown = from === "" ? document : jsonpatch.getValueByPointer(document, from);
  return JSON.stringify(value)?.length ?? 0;
}

/** RFC 6902, 4.4: the library lets it pass and makes a ring. */
function movesIntoItself(operation: unknown): boolean {
  if (!isRecord(operation) || operation.op !== "move") return false;
  return typeof operation.path === "string" && operation.path.startsWith(`${operation.from}/`);
}
