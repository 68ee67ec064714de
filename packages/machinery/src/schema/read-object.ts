import type { FieldError, Kind } from "../kind.ts";
import type { KubeObject } from "../object.ts";
import { checkValues } from "./check-values.ts";
import { applySchemaDefaults } from "./defaults.ts";
import type { JsonSchema } from "./json-schema.ts";
import { normalizeValue } from "./normalize.ts";
import { pruneUnknownFields, type UnknownField } from "./unknown-fields.ts";

export interface ReadObject<T extends KubeObject> {
  /** What was read, without unknown fields, with defaults; only to be used when there are no errors. */
  object: T;
  /** Refused, warned of or passed over, as the client's fieldValidation says. */
  unknown: UnknownField[];
  /** Wrong types and fields that are not supported: always refused. Limits and rules are validateObject's. */
  errors: FieldError[];
}

/**
 * Turns JSON from outside into an object of a kind: prunes, brings quantities into canonical form, checks types, fills in defaults.
 * Changes `value`.
 */
export function readObject<T extends KubeObject>(kind: Kind<T>, value: unknown): ReadObject<T> {
  const schema: JsonSchema = kind.schema;
  const { unknown, unsupported } = pruneUnknownFields(schema, value);
  const object = normalizeValue(schema, value) as T;
  const problems = checkValues(schema, object);
  const errors = [...unsupported, ...problems.filter(isTypeError)];
  if (!problems.some(isShapeless)) applyDefaults(kind, object);
  return { object, unknown, errors };
}

/** The same for a configuration that is applied: it keeps what it states, and gets no defaults. Changes `value`. */
export function readConfiguration<T extends KubeObject>(kind: Kind<T>, value: unknown): ReadObject<T> {
  const { unknown, unsupported } = pruneUnknownFields(kind.schema, value);
  const object = normalizeValue(kind.schema, value) as T;
  const problems = checkValues(kind.schema, object);
  return { object, unknown, errors: [...unsupported, ...problems.filter(isTypeError)] };
}

/** Defaults of the schema, then those that follow from other fields. Mutates. */
export function applyDefaults<T extends KubeObject>(kind: Kind<T>, object: T): void {
  applySchemaDefaults(kind.schema, object);
  kind.setDefaults?.(object);
}

/**
 * All rules of the kind that an object breaks; `old` is given on update. The rules for metadata (names, labels, what an update may not
 * change) are the server's. Pure.
 */
export function validateObject<T extends KubeObject>(kind: Kind<T>, object: T, old?: T): FieldError[] {
  const errors = checkValues(kind.schema, object);
  // Rules may take the shape for granted: what is missing or of a wrong type is reported first.
  return errors.some(isShapeless) ? errors : [...errors, ...(kind.validate?.(object, old) ?? [])];
}

function isTypeError({ reason }: FieldError): boolean {
  return reason === "FieldValueTypeInvalid";
}

function isShapeless({ reason }: FieldError): boolean {
  return reason === "FieldValueTypeInvalid" || reason === "FieldValueRequired";
}
