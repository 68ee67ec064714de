import {
  apiVersionOf,
  type Kind,
  type KubeObject,
  type ReadObject,
  readConfiguration,
  readObject,
} from "@drydock/machinery";
import type { Body } from "../http/read-body.ts";
import { badRequest, invalid } from "../status/refusals.ts";

/**
 * Turns a body into an object of the kind, with its defaults. Unknown and repeated fields are refused, warned of or
 * passed over as `fieldValidation` says; a wrong type, and a field of Kubernetes that is not supported here, is always
 * refused. Throws REQUEST_BAD, REQUEST_INVALID. Changes the body's value.
 */
export function decodeBody(
  kind: Kind,
  { value, duplicates }: Body,
  fieldValidation: "Strict" | "Warn" | "Ignore",
  warnings: string[],
): KubeObject {
  const data = objectIn(kind, value);
  return accept(kind, readObject(kind, data), duplicates, fieldValidation, warnings);
}

/** A configuration for server-side apply: the same without defaults, since only what is stated is the applier's. */
export function decodeConfiguration(
  kind: Kind,
  value: unknown,
  fieldValidation: "Strict" | "Warn" | "Ignore",
  warnings: string[],
): KubeObject {
  return accept(kind, readConfiguration(kind, objectIn(kind, value)), [], fieldValidation, warnings);
}

function accept(
  kind: Kind,
  { object, unknown, errors }: ReadObject<KubeObject>,
  duplicates: readonly string[],
  fieldValidation: "Strict" | "Warn" | "Ignore",
  warnings: string[],
): KubeObject {
  const complaints = [
    ...unknown.map(({ message }) => message),
    ...duplicates.map((path) => `duplicate field "${path}"`),
  ];
  if (fieldValidation === "Strict" && complaints.length > 0) {
    const what = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}`;
    throw badRequest(`${what}: strict decoding error: ${complaints.join(", ")}`);
  }
  if (fieldValidation === "Warn") warnings.push(...complaints);
  if (errors.length > 0) throw invalid(kind, nameIn(object), errors);
  return object;
}

/** Checks what must hold before a schema can be asked: an object, of this kind, with metadata. */
function objectIn(kind: Kind, value: unknown): Record<string, unknown> {
  if (value === undefined) throw badRequest("the body of the request is empty");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `couldn't get version/kind: the body must be an object, not ${Array.isArray(value) ? "a list" : typeof value}`,
    );
  }
  const data = value as Record<string, unknown>;
  data.apiVersion ??= apiVersionOf(kind);
  data.kind ??= kind.kind;
  data.metadata ??= {};
  if (data.apiVersion !== apiVersionOf(kind)) {
    throw badRequest(
      `the API version in the data (${asText(data.apiVersion)}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  if (data.kind !== kind.kind) {
    throw badRequest(`the kind in the data (${asText(data.kind)}) does not match the expected kind (${kind.kind})`);
  }
  return data;
}

/** Anything a client may have sent, in a sentence: an object's own toString is not to be trusted with that. */
function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function nameIn(object: KubeObject): string {
  const name: unknown = object.metadata?.name;
  return typeof name === "string" ? name : "";
}
