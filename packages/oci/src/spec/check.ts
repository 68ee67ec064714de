import { isDigest } from "../digest.ts";
import { imageError } from "../errors.ts";
import type { Descriptor } from "../types.ts";

/** Documents are small; a larger one is an attack on memory (registries themselves refuse manifests above 4 MiB). */
export const maxDocumentBytes = 4 * 1024 * 1024;

/** Parses a JSON document that must be an object. `what` names it in errors, e.g. `manifest sha256:…`. */
export function parseDocument(what: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(what, "is not JSON", error);
  }
  return asObject(what, "the document", value);
}

export function asObject(what: string, field: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformed(what, `${field} is ${kindOf(value)}, not an object`);
}

/** Image tools write `null` for an empty list (Go), so null counts as absent. */
export function asArray(what: string, field: string, value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw malformed(what, `${field} is ${kindOf(value)}, not a list`);
}

export function asString(what: string, field: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw malformed(what, `${field} is ${kindOf(value)}, not a string`);
}

export function asStrings(what: string, field: string, value: unknown): string[] {
  return asArray(what, field, value).map((item, i) => asString(what, `${field}[${i}]`, item));
}

export function asStringMap(what: string, field: string, value: unknown): Record<string, string> {
  const entries = Object.entries(asObject(what, field, value));
  return Object.fromEntries(entries.map(([key, item]) => [key, asString(what, `${field}.${key}`, item)]));
}

export function asDescriptor(what: string, field: string, value: unknown): Descriptor {
  const object = asObject(what, field, value);
  const { digest, size, platform, annotations } = object;
  if (!isDigest(digest)) throw malformed(what, `${field}.digest is ${JSON.stringify(digest)}, not a sha256 digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw malformed(what, `${field}.size is ${JSON.stringify(size)}, not a number of bytes`);
  }
  return {
    mediaType: asString(what, `${field}.mediaType`, object.mediaType),
    digest,
    size,
    ...(platform ? { platform: asPlatform(what, `${field}.platform`, platform) } : {}),
    ...(annotations ? { annotations: asStringMap(what, `${field}.annotations`, annotations) } : {}),
  };
}

function asPlatform(what: string, field: string, value: unknown): NonNullable<Descriptor["platform"]> {
  const { os, architecture, variant } = asObject(what, field, value);
  return {
    os: asString(what, `${field}.os`, os),
    architecture: asString(what, `${field}.architecture`, architecture),
    ...(variant ? { variant: asString(what, `${field}.variant`, variant) } : {}),
  };
}

export function malformed(what: string, problem: string, cause?: unknown) {
  return imageError("IMAGE_MALFORMED", `${what}: ${problem}`, {
    cause,
    hint: "the image does not follow the OCI image specification; build or download it again",
  });
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
