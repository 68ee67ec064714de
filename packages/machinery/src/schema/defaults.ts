import { fieldSchema, isJsonObject, type JsonSchema } from "./json-schema.ts";

/**
 * Fills in what the schema has defaults for, from the outside in: a default of {} makes room for those inside it. Mutates `value`, which
 * must have the right types already; parts of a wrong type are left alone.
 */
export function applySchemaDefaults(schema: JsonSchema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applySchemaDefaults(schema.items, item);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [field, { default: initial }] of Object.entries(schema.properties ?? {})) {
    if (initial !== undefined && value[field] === undefined) value[field] = structuredClone(initial);
  }
  for (const [field, inner] of Object.entries(value)) {
    const innerSchema = fieldSchema(schema, field);
    if (innerSchema) applySchemaDefaults(innerSchema, inner);
  }
}
