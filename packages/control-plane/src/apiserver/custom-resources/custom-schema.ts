import { isDeepStrictEqual } from "node:util";
import {
  applySchemaDefaults,
  checkValues,
  type FieldError,
  fieldError,
  type JsonObject,
  type JsonSchema,
  ObjectMetaSchema,
  pruneUnknownFields,
} from "@drydock/machinery";
import { compilePattern } from "./patterns.ts";

interface NamedType {
  group: string;
  version: string;
  kind: string;
}

/**
 * The schema of a version of a definition as kinds have it: with apiVersion, kind and metadata, and its patterns compiled. `errors` gets what keeps it from
 * being used: patterns that are none, and defaults that break the schema they stand in. `source` is structural.
 */
export function customSchema(type: NamedType, source: JsonObject, path: string, errors: FieldError[]): JsonSchema {
  const { group, version, kind } = type;
  const schema = converted(source as JsonSchema, path, errors);
  const { description = `${kind} of ${group}.`, properties = {} } = schema;
  checkDefaults(schema, path, errors);
  return {
    ...schema,
    description,
    properties: { ...properties, ...objectFields(properties.metadata) },
    "x-drydock-definition": `${group.split(".").reverse().join(".")}.${version}.${kind}`,
    "x-kubernetes-group-version-kind": [type],
  };
}

/** What every object has; a definition may only restrict names. */
function objectFields(metadata: JsonSchema | undefined): Record<string, JsonSchema> {
  const restricted = metadata?.properties;
  const { "x-drydock-definition": _shared, ...meta } = ObjectMetaSchema as JsonSchema;
  return {
    apiVersion: { type: "string", description: "The group and version of the schema that this object follows." },
    kind: { type: "string", description: "The kind of object that this is." },
    metadata: restricted
      ? { ...meta, properties: { ...meta.properties, ...withWords(restricted, meta.properties ?? {}) } }
      : ObjectMetaSchema,
  };
}

function withWords(
  restricted: Readonly<Record<string, JsonSchema>>,
  known: Readonly<Record<string, JsonSchema>>,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(restricted).map(([name, rule]) => [name, { ...known[name], ...rule }]));
}

function converted(schema: JsonSchema, path: string, errors: FieldError[]): JsonSchema {
  const { properties, items, additionalProperties, allOf, anyOf, oneOf, not, pattern, ...rest } = schema;
  const each = (list: readonly JsonSchema[], keyword: string) =>
    list.map((one, i) => converted(one, `${path}.${keyword}[${i}]`, errors));
  const result: JsonSchema = rest;
  if (pattern !== undefined) {
    result.pattern = pattern;
    const compiled = compilePattern(pattern);
    if (typeof compiled === "string") errors.push(fieldError.invalid(`${path}.pattern`, pattern, compiled));
    else result["x-drydock-pattern"] = compiled;
  }
  if (properties) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [
        name,
        converted(inner, `${path}.properties[${name}]`, errors),
      ]),
    );
  }
  if (items) result.items = converted(items, `${path}.items`, errors);
  if (typeof additionalProperties === "object") {
    result.additionalProperties = converted(additionalProperties, `${path}.additionalProperties`, errors);
  } else if (additionalProperties !== undefined) {
    result.additionalProperties = additionalProperties;
  }
  if (allOf) result.allOf = each(allOf, "allOf");
  if (anyOf) result.anyOf = each(anyOf, "anyOf");
  if (oneOf) result.oneOf = each(oneOf, "oneOf");
  if (not) result.not = converted(not, `${path}.not`, errors);
  return schema["x-kubernetes-embedded-resource"] ? asObject(result) : result;
}

/** A whole object inside another. */
function asObject(schema: JsonSchema): JsonSchema {
  const required = new Set([...(schema.required ?? []), "apiVersion", "kind"]);
  return {
    ...schema,
    required: [...required],
    properties: { ...schema.properties, ...objectFields(schema.properties?.metadata) },
  };
}

function checkDefaults(schema: JsonSchema, path: string, errors: FieldError[]): void {
  const { default: initial, properties = {}, items, additionalProperties } = schema;
  if (initial !== undefined) {
    const value = structuredClone(initial);
    pruneUnknownFields(schema, value);
    if (!isDeepStrictEqual(value, initial)) {
      errors.push(fieldError.invalid(`${path}.default`, initial, "must not have fields that the schema does not have"));
    }
    applySchemaDefaults(schema, value);
    errors.push(...checkValues(schema, value, `${path}.default`));
  }
  for (const [name, inner] of Object.entries(properties)) checkDefaults(inner, `${path}.properties[${name}]`, errors);
  if (items) checkDefaults(items, `${path}.items`, errors);
  if (typeof additionalProperties === "object")
    checkDefaults(additionalProperties, `${path}.additionalProperties`, errors);
}
