import { nearestName } from "@drydock/kit";
import type { FieldError } from "../../kind.ts";
import { forbidden, invalid, required, typeInvalid } from "../../schema/field-errors.ts";
import { isJsonObject, type JsonObject } from "../../schema/json-schema.ts";

/** What may stand behind a keyword. */
type Shape = "text" | "flag" | "number" | "count" | "texts" | "list" | "schema" | "schemas" | "fields" | "any";

const keywords: Readonly<Record<string, Shape>> = {
  type: "text",
  format: "text",
  title: "text",
  description: "text",
  default: "any",
  example: "any",
  externalDocs: "any",
  nullable: "flag",
  enum: "list",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "flag",
  exclusiveMaximum: "flag",
  multipleOf: "number",
  minLength: "count",
  maxLength: "count",
  pattern: "text",
  minItems: "count",
  maxItems: "count",
  uniqueItems: "flag",
  minProperties: "count",
  maxProperties: "count",
  required: "texts",
  items: "schema",
  properties: "fields",
  additionalProperties: "any",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  "x-kubernetes-preserve-unknown-fields": "flag",
  "x-kubernetes-embedded-resource": "flag",
  "x-kubernetes-int-or-string": "flag",
  "x-kubernetes-list-type": "text",
  "x-kubernetes-list-map-keys": "texts",
  "x-kubernetes-map-type": "text",
};

/** Keywords of JSON Schema that a structural schema may not have, and rules in CEL, which nobody here evaluates. */
const refused: Readonly<Record<string, string>> = {
  $ref: "$ref is not supported: state the schema in its place",
  $schema: "$schema is not supported",
  id: "id is not supported",
  definitions: "definitions is not supported: state the schema in its place",
  dependencies: "dependencies is not supported",
  patternProperties: "patternProperties is not supported: use additionalProperties",
  additionalItems: "additionalItems is not supported",
  "x-kubernetes-validations":
    "rules in CEL are not evaluated by Drydock: state them with enum, pattern, limits, anyOf or not, or leave them to the controller",
};

const types = ["object", "array", "string", "integer", "number", "boolean"];

/**
 * What is wrong with a schema of a CustomResourceDefinition: it must be structural, so that every field has one type that can be found without
 * knowing a value (apiextensions-apiserver/pkg/apiserver/schema/validation.go). Patterns are compiled by the server. Pure.
 */
export function structuralErrors(schema: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkStructure(schema, path, errors);
  if (!isJsonObject(schema) || errors.length > 0) return errors;
  if (schema.type !== "object") errors.push(invalid(`${path}.type`, schema.type ?? "", "must be object at the root"));
  const metadata = fieldsOf(schema).metadata;
  if (isJsonObject(metadata)) {
    for (const name of Object.keys(fieldsOf(metadata))) {
      if (name === "name" || name === "generateName") continue;
      errors.push(
        forbidden(`${path}.properties[metadata].properties[${name}]`, "only name and generateName may be restricted"),
      );
    }
  }
  return errors;
}

function checkStructure(schema: unknown, path: string, errors: FieldError[]): void {
  if (!checkKeywords(schema, path, errors)) return;
  const { type, items, additionalProperties } = schema;
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (isIntOrString && type !== undefined)
    errors.push(forbidden(`${path}.type`, "must be empty if x-kubernetes-int-or-string is true"));
  if (type === undefined && !isIntOrString && !isOpen)
    errors.push(required(`${path}.type`, "must not be empty for specified object fields"));
  if (type === "array" && items === undefined) errors.push(required(`${path}.items`, "must be specified"));
  if (schema["x-kubernetes-embedded-resource"] === true) {
    if (type !== "object")
      errors.push(invalid(`${path}.type`, type ?? "", "must be object if x-kubernetes-embedded-resource is true"));
    if (!isOpen && Object.keys(fieldsOf(schema)).length === 0) {
      errors.push(
        required(
          `${path}.properties`,
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
      );
    }
  }
  if (schema.uniqueItems === true)
    errors.push(forbidden(`${path}.uniqueItems`, "uniqueItems cannot be set to true: use x-kubernetes-list-type: set"));
  checkListType(schema, path, errors);
  if (items !== undefined) checkStructure(items, `${path}.items`, errors);
  for (const [name, inner] of Object.entries(fieldsOf(schema)))
    checkStructure(inner, `${path}.properties[${name}]`, errors);
  if (isJsonObject(additionalProperties)) {
    if (schema.properties !== undefined)
      errors.push(
        forbidden(`${path}.additionalProperties`, "properties and additionalProperties are mutually exclusive"),
      );
    checkStructure(additionalProperties, `${path}.additionalProperties`, errors);
  } else if (additionalProperties === false) {
    errors.push(forbidden(`${path}.additionalProperties`, "must not be false: unknown fields are pruned anyway"));
  } else if (additionalProperties !== undefined && additionalProperties !== true) {
    errors.push(typeInvalid(`${path}.additionalProperties`, additionalProperties, "object or boolean"));
  }
  checkAlternatives(schema, schema, path, errors);
}

/** What narrows values may not say what kind of value it is, nor speak of fields that are stated nowhere else. */
function checkAlternatives(schema: JsonObject, structure: JsonObject, path: string, errors: FieldError[]): void {
  for (const junctor of ["allOf", "anyOf", "oneOf"]) {
    const list = schema[junctor];
    if (Array.isArray(list))
      list.forEach((one, i) => void checkNarrowing(one, structure, `${path}.${junctor}[${i}]`, errors));
  }
  if (schema.not !== undefined) checkNarrowing(schema.not, structure, `${path}.not`, errors);
}

const structureOnly = ["description", "default", "additionalProperties", "nullable", "title"];

function checkNarrowing(schema: unknown, structure: JsonObject, path: string, errors: FieldError[]): void {
  if (!checkKeywords(schema, path, errors)) return;
  for (const keyword of structureOnly) {
    if (schema[keyword] !== undefined)
      errors.push(forbidden(`${path}.${keyword}`, "must be undefined to be structural"));
  }
  const mayType = structure["x-kubernetes-int-or-string"] === true;
  if (schema.type !== undefined && !mayType) errors.push(forbidden(`${path}.type`, "must be empty to be structural"));
  for (const [name, inner] of Object.entries(fieldsOf(schema))) {
    const known = fieldsOf(structure)[name] ?? structure.additionalProperties;
    if (!isJsonObject(known))
      errors.push(required(`${path}.properties[${name}]`, "must be stated outside of the alternatives, too"));
    else checkNarrowing(inner, known, `${path}.properties[${name}]`, errors);
  }
  if (schema.items !== undefined) {
    if (isJsonObject(structure.items)) checkNarrowing(schema.items, structure.items, `${path}.items`, errors);
    else errors.push(required(`${path}.items`, "must be stated outside of the alternatives, too"));
  }
  checkAlternatives(schema, structure, path, errors);
}

function checkListType(schema: JsonObject, path: string, errors: FieldError[]): void {
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  if (listType !== undefined && schema.type !== "array") {
    errors.push(invalid(`${path}.type`, schema.type ?? "", "must be array if x-kubernetes-list-type is specified"));
  }
  if (listType !== "map") {
    if (keys !== undefined)
      errors.push(forbidden(`${path}.x-kubernetes-list-map-keys`, "may only be set for lists of type map"));
    return;
  }
  if (!Array.isArray(keys) || keys.length === 0) {
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"));
    return;
  }
  const items = isJsonObject(schema.items) ? schema.items : {};
  for (const key of keys as string[]) {
    const field = fieldsOf(items)[key];
    const mustBe = `${path}.items.properties[${key}]`;
    if (!isJsonObject(field))
      errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, key, "entries must all be names of item properties"));
    else if (field.type === "object" || field.type === "array")
      errors.push(
        invalid(`${mustBe}.type`, field.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"),
      );
    else if (field.default === undefined && !(Array.isArray(items.required) && items.required.includes(key))) {
      errors.push(
        required(
          `${mustBe}.default`,
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
      );
    }
  }
}

/** Each keyword is known and has a value of its shape. False when the schema is none, or cannot be walked. */
function checkKeywords(schema: unknown, path: string, errors: FieldError[]): schema is JsonObject {
  if (!isJsonObject(schema)) {
    errors.push(typeInvalid(path, schema, "object"));
    return false;
  }
  const before = errors.length;
  for (const [keyword, value] of Object.entries(schema)) {
    const shape = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    const at = `${path}.${keyword}`;
    if (Object.hasOwn(refused, keyword)) errors.push(forbidden(at, refused[keyword] as string));
    else if (shape === undefined) {
      const nearest = nearestName(keyword, Object.keys(keywords));
      errors.push(
        forbidden(at, `unknown keyword${nearest === undefined ? "" : `, did you mean ${JSON.stringify(nearest)}?`}`),
      );
    } else if (!hasShape(shape, value)) errors.push(typeInvalid(at, value, names[shape]));
  }
  const { type } = schema;
  if (typeof type === "string" && !types.includes(type))
    errors.push(invalid(`${path}.type`, type, `must be one of ${types.join(", ")}`));
  for (const [keyword, values] of [
    ["x-kubernetes-list-type", ["atomic", "set", "map"]],
    ["x-kubernetes-map-type", ["atomic", "granular"]],
  ] as const) {
    const value = schema[keyword];
    if (typeof value === "string" && !(values as readonly string[]).includes(value))
      errors.push(invalid(`${path}.${keyword}`, value, `must be one of ${values.join(", ")}`));
  }
  return errors.length === before;
}

const names: Readonly<Record<Shape, string>> = {
  text: "string",
  flag: "boolean",
  number: "number",
  count: "integer",
  texts: "array of strings",
  list: "array",
  schema: "object",
  schemas: "array of schemas",
  fields: "object",
  any: "any",
};

function hasShape(shape: Shape, value: unknown): boolean {
  switch (shape) {
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number";
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "list":
      return Array.isArray(value);
    case "schemas":
      return Array.isArray(value) && value.every(isJsonObject);
    case "schema":
    case "fields":
      return isJsonObject(value);
    case "any":
      return true;
  }
}

function fieldsOf(schema: JsonObject): JsonObject {
  return isJsonObject(schema.properties) ? schema.properties : {};
}
