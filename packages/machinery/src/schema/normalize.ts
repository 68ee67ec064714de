import { fieldSchema, isJsonObject, type JsonSchema } from "./json-schema.ts";
import { canonicalQuantity, isQuantity } from "./quantity.ts";

/** Returns `value` with its quantities in canonical text: `cpu: 0.5` becomes "500m". Objects and lists are changed in place. */
export function normalizeValue(schema: JsonSchema, value: unknown): unknown {
  if (schema.format === "quantity" && (typeof value === "string" || typeof value === "number")) {
    return isQuantity(String(value)) ? canonicalQuantity(value) : value;
  }
  const { items } = schema;
  if (Array.isArray(value) && items) {
    for (const [i, item] of value.entries()) value[i] = normalizeValue(items, item);
  } else if (isJsonObject(value)) {
    for (const [field, inner] of Object.entries(value)) {
      const innerSchema = fieldSchema(schema, field);
      if (innerSchema) value[field] = normalizeValue(innerSchema, inner);
    }
  }
  return value;
}
