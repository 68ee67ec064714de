/**
 * The structural subset of JSON Schema that kinds are written in: what TypeBox makes of them, and what a
 * CustomResourceDefinition brings. Every part of a value has one schema, without references; what allOf, anyOf, oneOf and not
 * say only narrows the values that it takes.
 */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  nullable?: boolean;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  enum?: readonly unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  /** As OpenAPI 3.0 has them: they sharpen `minimum` and `maximum`. */
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  allOf?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  not?: JsonSchema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
  "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  "x-kubernetes-list-map-keys"?: readonly string[];
  "x-kubernetes-map-type"?: "atomic" | "granular";
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-patch-strategy"?: string;
  /** `pattern`, compiled by an engine that takes linear time: for patterns that come from outside. */
  "x-drydock-pattern"?: { test(text: string): boolean };
  /** Name of the OpenAPI component that this schema becomes. */
  "x-drydock-definition"?: string;
  /** Fields that Kubernetes has here and Drydock does not do. */
  "x-drydock-unsupported"?: readonly string[];
}

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema of a field of an object, if it may have that field. */
export function fieldSchema(schema: JsonSchema, field: string): JsonSchema | undefined {
  if (schema.properties && Object.hasOwn(schema.properties, field)) return schema.properties[field];
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Path of a field: properties with a dot, keys of maps in brackets. */
export function fieldPath(base: string, schema: JsonSchema, field: string): string {
  const isKey = schema.properties === undefined && typeof schema.additionalProperties === "object";
  if (isKey) return `${base}[${field}]`;
  return base === "" ? field : `${base}.${field}`;
}
