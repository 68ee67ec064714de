import { nearestName } from "@drydock/kit";
import type { FieldError } from "../kind.ts";
import { forbidden } from "./field-errors.ts";
import { fieldPath, fieldSchema, isJsonObject, type JsonObject, type JsonSchema } from "./json-schema.ts";

export interface UnknownField {
  path: string;
  /** In the words of Kubernetes' strict decoding: `unknown field "spec.replcas", did you mean "spec.replicas"?` */
  message: string;
}

export interface Pruned {
  unknown: UnknownField[];
  /** Fields that Kubernetes has and Drydock does not: an error however lenient the client wants to be. */
  unsupported: FieldError[];
}

/**
 * Removes from `value` the fields that the schema does not have and reports them, and nulls, which mean "not set" (as Go's JSON decoder has
 * it) where the schema does not say nullable. Mutates.
 */
export function pruneUnknownFields(schema: JsonSchema, value: unknown): Pruned {
  const pruned: Pruned = { unknown: [], unsupported: [] };
  prune(schema, value, "", pruned);
  return pruned;
}

function prune(schema: JsonSchema, value: unknown, path: string, pruned: Pruned): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, i) => void prune(items, item, `${path}[${i}]`, pruned));
    return;
  }
  if (!isJsonObject(value)) return;
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] || schema.additionalProperties === true;
  for (const [field, inner] of Object.entries(value)) {
    const innerSchema = fieldSchema(schema, field);
    if (innerSchema === undefined) {
      if (!isOpen) refuse(schema, value, field, path, pruned);
    } else if (inner === null && !innerSchema.nullable) {
      delete value[field];
    } else {
      prune(innerSchema, inner, fieldPath(path, schema, field), pruned);
    }
  }
}

function refuse(schema: JsonSchema, value: JsonObject, field: string, path: string, pruned: Pruned): void {
  const here = fieldPath(path, schema, field);
  const inner = value[field];
  delete value[field];
  if (!schema["x-drydock-unsupported"]?.includes(field)) {
    pruned.unknown.push({ path: here, message: `unknown field "${here}"${suggestion(schema, field, path)}` });
    return;
  }
  // A field that is there and says nothing, as generated manifests have them.
  if (inner === null || (Array.isArray(inner) && inner.length === 0)) return;
  pruned.unsupported.push(forbidden(here, "this field of Kubernetes is not supported by Drydock"));
}

function suggestion(schema: JsonSchema, field: string, path: string): string {
  const nearest = nearestName(field, Object.keys(schema.properties ?? {}));
  return nearest === undefined ? "" : `, did you mean "${fieldPath(path, schema, nearest)}"?`;
}
