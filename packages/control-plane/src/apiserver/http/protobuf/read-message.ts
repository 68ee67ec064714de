import type { JsonSchema } from "@drydock/machinery";
import { unsupportedMediaType } from "../../status/refusals.ts";
import { nestingLimit } from "../nesting.ts";
import { membersOf, type WireMember } from "./field-numbers.ts";
import { malformed, packedNumbers, type WireField, wireFields } from "./wire.ts";

type Value = WireField["value"];
type JsonObject = Record<string, unknown>;

/**
 * A message as JSON would have it: its fields are found by number, their types come from the schema. Go sends what JSON
 * leaves out as empty texts, zeros and empty times; these are dropped. Throws REQUEST_BAD, REQUEST_UNSUPPORTED_MEDIA_TYPE
 * for messages whose numbers are not known.
 */
export function readMessage(schema: JsonSchema, bytes: Buffer, depth = 0): JsonObject {
  const object: JsonObject = {};
  readInto(object, schema, schema["x-drydock-definition"] ?? "", bytes, depth);
  return object;
}

function readInto(object: JsonObject, schema: JsonSchema, definition: string, bytes: Buffer, depth: number): void {
  if (depth > nestingLimit) throw malformed();
  const members = membersOf(definition);
  if (!members) throw unsupportedMediaType(`this server does not read ${definition} as protobuf: send JSON or YAML`);
  for (const { number, value } of wireFields(bytes)) {
    const member = members.get(number);
    if (!member) continue;
    if (member.inline) {
      const prefix = definition.slice(0, definition.lastIndexOf("."));
      readInto(object, schema, `${prefix}.${member.name}`, asBytes(value), depth + 1);
    } else {
      addField(object, schema, member, value, depth + 1);
    }
  }
}

function addField(object: JsonObject, schema: JsonSchema, member: WireMember, value: Value, depth: number): void {
  const { name } = member;
  const field = schema.properties?.[name];
  if (!field) {
    // Not a field of ours: its name is kept when it says something, so that it can be refused by name.
    if (isEmpty(value)) return;
    object[name] = true;
    return;
  }
  if (field.type === "array") {
    object[name] ??= [];
    const list = object[name] as unknown[];
    const { items = {} } = field;
    if (items.type === "integer" && Buffer.isBuffer(value)) list.push(...packedNumbers(value).map(Number));
    else list.push(readValue(items, value, depth));
    return;
  }
  if (isMap(field)) {
    object[name] ??= {};
    addEntry(object[name] as JsonObject, field, asBytes(value), depth);
    return;
  }
  const keepsZero = member.optional || schema.required?.includes(name) === true;
  if (isScalar(field) && !keepsZero && isEmpty(value)) return;
  const read = readValue(field, value, depth);
  if (read !== undefined) object[name] = read;
}

/** What an entry of a map of resources is, also one that our schema does not know: it is refused by its name. */
const amount: JsonSchema = { type: "string", format: "quantity" };

/** Maps are lists of messages with a key and a value; the schema may state the keys that it knows. */
function addEntry(map: JsonObject, schema: JsonSchema, bytes: Buffer, depth: number): void {
  let key = "";
  let value: Value = Buffer.alloc(0);
  for (const field of wireFields(bytes)) {
    if (field.number === 1) key = asBytes(field.value).toString("utf8");
    else if (field.number === 2) value = field.value;
  }
  const known = schema.properties?.[key];
  const { additionalProperties } = schema;
  const inner = known ?? (typeof additionalProperties === "object" ? additionalProperties : amount);
  // As data: a key may be called __proto__.
  Object.defineProperty(map, key, {
    value: readValue(inner, value, depth),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function readValue(schema: JsonSchema, value: Value, depth: number): unknown {
  if (schema["x-kubernetes-int-or-string"]) return readIntOrString(asBytes(value));
  switch (schema.type) {
    case "boolean":
      return asNumber(value) !== 0n;
    case "integer":
      return Number(asNumber(value));
    case "array":
      // A list inside a map has a message of its own around it (ExtraValue).
      return [...wireFields(asBytes(value))].map(({ value: item }) => readValue(schema.items ?? {}, item, depth));
    case "string":
      return readText(schema.format, asBytes(value));
    default:
      break;
  }
  if (schema["x-kubernetes-preserve-unknown-fields"]) return readRaw(asBytes(value));
  if (!isMap(schema)) return readMessage(schema, asBytes(value), depth);
  return asBytes(value).toString("utf8");
}

function readText(format: string | undefined, bytes: Buffer): string | undefined {
  switch (format) {
    case "byte":
      return bytes.toString("base64");
    case "date-time":
    case "micro-time":
      return readTime(bytes, format === "micro-time");
    case "quantity": {
      const [text] = wireFields(bytes);
      return text === undefined ? "0" : asBytes(text.value).toString("utf8");
    }
    default:
      return bytes.toString("utf8");
  }
}

function readTime(bytes: Buffer, micro: boolean): string | undefined {
  const [seconds, nanos] = numbersOf(bytes);
  if (seconds === 0 && nanos === 0) return undefined;
  // The times that a Date can tell, in ms: others are no times of objects.
  if (Math.abs(seconds) > 8.64e12) throw malformed();
  const text = new Date(seconds * 1000).toISOString().slice(0, -5);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z` : `${text}Z`;
}

/** The first two fields of a message of numbers. */
function numbersOf(bytes: Buffer): [number, number] {
  const found: [number, number] = [0, 0];
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1 || number === 2) found[number - 1] = Number(asNumber(value));
  }
  return found;
}

function readIntOrString(bytes: Buffer): number | string {
  let isText = false;
  let whole = 0;
  let text = "";
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1) isText = asNumber(value) === 1n;
    else if (number === 2) whole = Number(asNumber(value));
    else if (number === 3) text = asBytes(value).toString("utf8");
  }
  return isText ? text : whole;
}

/** JSON inside a message: FieldsV1, RawExtension. */
function readRaw(bytes: Buffer): unknown {
  const [raw] = wireFields(bytes);
  if (raw === undefined) return undefined;
  try {
    return JSON.parse(asBytes(raw.value).toString("utf8"));
  } catch {
    // The parser's words would speak of a text that the client has never seen.
    throw malformed();
  }
}

/** Amounts by resource are a map on the wire, also where our schema states which resources there are. */
function isMap(schema: JsonSchema): boolean {
  if (schema.type !== "object") return false;
  if (typeof schema.additionalProperties === "object") return true;
  return schema["x-drydock-definition"]?.endsWith(".ContainerResources") === true;
}

function isScalar({ type }: JsonSchema): boolean {
  return type === "string" || type === "integer" || type === "boolean";
}

function isEmpty(value: Value): boolean {
  return typeof value === "bigint" ? value === 0n : value.length === 0;
}

function asBytes(value: Value): Buffer {
  if (typeof value === "bigint") throw malformed();
  return value;
}

function asNumber(value: Value): bigint {
  if (typeof value !== "bigint") throw malformed();
  return value;
}
