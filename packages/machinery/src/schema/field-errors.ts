import type { FieldError } from "../kind.ts";

/** The ways in which a field can be wrong, in the words of k8s.io/apimachinery/pkg/util/validation/field. */
export function required(field: string, detail?: string): FieldError {
  return { field, reason: "FieldValueRequired", message: `Required value${detail ? `: ${detail}` : ""}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${shown(value)}: ${detail}` };
}

export function typeInvalid(field: string, value: unknown, type: string): FieldError {
  const message = `Invalid value: ${shown(value)}: must be of type ${type}, not ${typeName(value)}`;
  return { field, reason: "FieldValueTypeInvalid", message };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((one) => shown(one)).join(", ");
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { field, reason: "FieldValueNotSupported", message };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueDuplicate", message: `Duplicate value: ${shown(value)}` };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${detail}` };
}

export function tooLong(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueTooLong", message: `Too long: ${detail}` };
}

/** What a JSON value is: null, array, object, string, number, integer or boolean. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return typeof value;
}

const MAX_SHOWN = 500;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
