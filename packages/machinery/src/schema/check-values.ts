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
  if (schema["x-kubernetes-int-or-string"]) {
    if (typeof value !== "string" && !Number.isSafeInteger(value)) {
      errors.push(typeInvalid(path, value, "integer or string"));
    }
    return;
  }
  if (!hasType(schema, value)) {
    errors.push(typeInvalid(path, value, schema.type ?? "any"));
    return;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    errors.push(value === "" ? required(path) : notSupported(path, value, schema.enum));
    return;
  }
  if (typeof value === "string") checkText(schema, value, path, errors);
  else if (typeof value === "number") checkNumber(schema, value, path, errors);
  else if (Array.isArray(value)) checkList(schema, value, path, errors);
  else if (isJsonObject(value)) checkObject(schema, value, path, errors);
}

function hasType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  const actual = typeName(value);
  return actual === type || (type === "number" && actual === "integer");
}

function checkText(schema: JsonSchema, value: string, path: string, errors: FieldError[]): void {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
  if (value.length < minLength) errors.push(required(path));
  else if (value.length > maxLength) errors.push(tooLong(path, `may not be more than ${maxLength} bytes`));
  if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
    errors.push(invalid(path, value, `must match '${pattern}'`));
  }
  const problem = format === undefined ? undefined : formatProblem(format, value);
  if (problem === undefined) return;
  const error = invalid(path, value, problem);
  // A quantity is a type of its own that JSON has no name for: rules compute with it.
  errors.push(format === "quantity" ? { ...error, reason: "FieldValueTypeInvalid" } : error);
}

function checkNumber(schema: JsonSchema, value: number, path: string, errors: FieldError[]): void {
  const { minimum, maximum, format } = schema;
  if (minimum !== undefined && value < minimum) {
    errors.push(invalid(path, value, `must be greater than or equal to ${minimum}`));
  } else if (maximum !== undefined && value > maximum) {
    errors.push(invalid(path, value, `must be less than or equal to ${maximum}`));
  } else if (format === "int32" && value !== (value | 0)) {
    errors.push(invalid(path, value, "must fit into 32 bits"));
  }
}

function checkList(schema: JsonSchema, value: unknown[], path: string, errors: FieldError[]): void {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minItems) errors.push(required(path));
  if (value.length > maxItems) errors.push(invalid(path, value.length, `must have at most ${maxItems} items`));
  if (items) value.forEach((item, i) => void check(items, item, `${path}[${i}]`, errors));
}

function checkObject(schema: JsonSchema, value: JsonObject, path: string, errors: FieldError[]): void {
  for (const field of schema.required ?? []) {
    if (value[field] === undefined) errors.push(required(fieldPath(path, schema, field)));
  }
  for (const [field, inner] of Object.entries(value)) {
    const innerSchema = fieldSchema(schema, field);
    if (innerSchema && inner !== undefined) check(innerSchema, inner, fieldPath(path, schema, field), errors);
  }
}
