import { isDeepStrictEqual } from "node:util";
import type { FieldError } from "../kind.ts";
import { invalid, notSupported, required, tooLong, typeInvalid, typeName } from "./field-errors.ts";
import { formatProblem } from "./formats.ts";
import { fieldPath, fieldSchema, isJsonObject, type JsonObject, type JsonSchema } from "./json-schema.ts";

/** Holds a value against a schema: types, required fields, limits, enums, patterns and formats. Unknown fields are not looked at. Pure. */
export function checkValues(schema: JsonSchema, value: unknown, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  check(schema, value, path, errors);
  return errors;
}

function check(schema: JsonSchema, value: unknown, path: string, errors: FieldError[]): void {
  if (value === null && schema.nullable) return;
  if (!hasType(schema, value)) {
    const type = schema["x-kubernetes-int-or-string"] ? "integer or string" : (schema.type ?? "any");
    errors.push(typeInvalid(path, value, type));
    return;
  }
  if (schema.enum && !schema.enum.some((one) => isDeepStrictEqual(one, value))) {
    errors.push(value === "" ? required(path) : notSupported(path, value, schema.enum));
    return;
  }
  if (typeof value === "string") checkText(schema, value, path, errors);
  else if (typeof value === "number") checkNumber(schema, value, path, errors);
  else if (Array.isArray(value)) checkList(schema, value, path, errors);
  else if (isJsonObject(value)) checkObject(schema, value, path, errors);
  checkAlternatives(schema, value, path, errors);
}

function hasType(schema: JsonSchema, value: unknown): boolean {
  const { type } = schema;
  if (schema["x-kubernetes-int-or-string"]) return typeof value === "string" || Number.isSafeInteger(value);
  if (type === undefined) return true;
  const actual = typeName(value);
  return actual === type || (type === "number" && actual === "integer");
}

function checkText(schema: JsonSchema, value: string, path: string, errors: FieldError[]): void {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
  if (value.length < minLength) {
    errors.push(
      value === "" ? required(path) : invalid(path, value, `should be at least ${minLength} characters long`),
    );
  } else if (value.length > maxLength) errors.push(tooLong(path, `may not be more than ${maxLength} bytes`));
  if (pattern !== undefined && !(schema["x-drydock-pattern"] ?? new RegExp(pattern, "u")).test(value)) {
    errors.push(invalid(path, value, `must match '${pattern}'`));
  }
  const problem = format === undefined ? undefined : formatProblem(format, value);
  if (problem === undefined) return;
  const error = invalid(path, value, problem);
  // A quantity is a type of its own that JSON has no name for: rules compute with it.
  errors.push(format === "quantity" ? { ...error, reason: "FieldValueTypeInvalid" } : error);
}

function checkNumber(schema: JsonSchema, value: number, path: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    errors.push(invalid(path, value, `must be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`));
  } else if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    errors.push(invalid(path, value, `must be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`));
  } else if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(invalid(path, value, `must be a multiple of ${multipleOf}`));
  } else if (format === "int32" && value !== (value | 0)) {
    errors.push(invalid(path, value, "must fit into 32 bits"));
  }
}

function checkList(schema: JsonSchema, value: unknown[], path: string, errors: FieldError[]): void {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems) {
    errors.push(
      value.length === 0 ? required(path) : invalid(path, value.length, `must have at least ${minItems} items`),
    );
  }
  if (value.length > maxItems) errors.push(invalid(path, value.length, `must have at most ${maxItems} items`));
  if (items) value.forEach((item, i) => void check(items, item, `${path}[${i}]`, errors));
}

function checkObject(schema: JsonSchema, value: JsonObject, path: string, errors: FieldError[]): void {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
  const count = Object.keys(value).length;
  if (count < minProperties) errors.push(invalid(path, count, `must have at least ${minProperties} properties`));
  if (count > maxProperties) errors.push(invalid(path, count, `must have at most ${maxProperties} properties`));
  for (const field of schema.required ?? []) {
    if (value[field] === undefined) errors.push(required(fieldPath(path, schema, field)));
  }
  for (const [field, inner] of Object.entries(value)) {
    const innerSchema = fieldSchema(schema, field);
    if (innerSchema && inner !== undefined) check(innerSchema, inner, fieldPath(path, schema, field), errors);
  }
}

function checkAlternatives(schema: JsonSchema, value: unknown, path: string, errors: FieldError[]): void {
  const { allOf = [], anyOf, oneOf, not } = schema;
  for (const one of allOf) check(one, value, path, errors);
  const fitting = (schemas: readonly JsonSchema[]) =>
    schemas.filter((one) => checkValues(one, value, path).length === 0);
  if (anyOf && fitting(anyOf).length === 0) {
    errors.push(invalid(path, value, "must validate at least one schema (anyOf)"));
  }
  if (oneOf && fitting(oneOf).length !== 1) {
    errors.push(invalid(path, value, "must validate one and only one schema (oneOf)"));
  }
  if (not && fitting([not]).length > 0) errors.push(invalid(path, value, "must not validate the schema (not)"));
}
