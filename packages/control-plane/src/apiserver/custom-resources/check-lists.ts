import { type FieldError, fieldError, fieldPath, fieldSchema, isJsonObject, type JsonSchema } from "@drydock/machinery";
import { itemNamer } from "../fields/elements.ts";

/** Items of a set, and items of a map by their keys, occur once. Pure. */
export function duplicateItems(schema: JsonSchema, value: unknown, path = ""): FieldError[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([field, inner]) => {
      const known = fieldSchema(schema, field);
      return known ? duplicateItems(known, inner, fieldPath(path, schema, field)) : [];
    });
  }
  if (!Array.isArray(value)) return [];
  const { items } = schema;
  const nameOf = itemNamer(schema);
  const seen = new Set<string>();
  return value.flatMap((item, i) => {
    const at = `${path}[${i}]`;
    const errors = items ? duplicateItems(items, item, at) : [];
    const name = nameOf?.(item);
    if (name === undefined) return errors;
    if (seen.has(name)) errors.push(fieldError.duplicate(at, keysOf(schema, item)));
    seen.add(name);
    return errors;
  });
}

function keysOf(schema: JsonSchema, item: unknown): unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (!keys || !isJsonObject(item)) return item;
  return Object.fromEntries(keys.map((key) => [key, item[key]]));
}
