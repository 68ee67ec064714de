import {
  apiVersionOf,
  checkValues,
  type Kind,
  type KubeObject,
  type RequestBody,
  readObject,
} from "@drydock/machinery";
import { badRequest, invalid } from "../status/refusals.ts";

/**
 * The body of a request to a subresource, held against its schema. An answer in it is left out: it is ours to give, and
 * Go sends an empty one along. Throws REQUEST_BAD, REQUEST_INVALID.
 */
export function decodeRequest<T extends KubeObject>(type: RequestBody, value: unknown, name: string): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(`the body must be a ${apiVersionOf(type)} ${type.kind}`);
  }
  const { status: _answer, ...asked } = value as Record<string, unknown>;
  const data = { apiVersion: apiVersionOf(type), kind: type.kind, metadata: {}, ...asked };
  // Only the schema counts: these are no kinds that could be asked for.
  const { object, errors } = readObject(type as unknown as Kind<T>, data);
  errors.push(...checkValues(type.schema, object));
  if (errors.length > 0) throw invalid(type, name, errors);
  return object;
}
