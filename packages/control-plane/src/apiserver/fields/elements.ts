import type { JsonSchema } from "@drydock/machinery";
import { isRecord } from "../patch/merge-patch.ts";
import { badRequest } from "../status/refusals.ts";

/** One part of an object or list that can be owned on its own. */
export interface Element {
  schema: JsonSchema | undefined;
  value: unknown;
  /** True for what is there because somebody put it there (items, keys of maps), not because the schema has a place for it. */
  isItem: boolean;
}

/**
 * The parts of a value by their path elements, or undefined when it is owned as a whole: scalars, and lists and maps
 * that are atomic. What the schema does not know has maps by key and lists as a whole. An element that a list has more
 * than once is the first of them.
 */
export function elementsOf(schema: JsonSchema | undefined, value: unknown): Map<string, Element> | undefined {
  if (isRecord(value)) return isAtomicMap(schema) ? undefined : fieldsIn(schema, value);
  if (!Array.isArray(value)) return undefined;
  const name = itemNamer(schema);
  if (!name) return undefined;
  const elements = new Map<string, Element>();
  for (const item of value) {
    const element = name(item);
    if (element === undefined) return undefined;
    if (!elements.has(element)) elements.set(element, { schema: schema?.items, value: item, isItem: true });
  }
  return elements;
}

function fieldsIn(schema: JsonSchema | undefined, value: Record<string, unknown>): Map<string, Element> {
  const elements = new Map<string, Element>();
  for (const [field, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    elements.set(`f:${field}`, { schema: fieldOf(schema, field), value: inner, isItem: !isNamed(schema, field) });
  }
  return elements;
}

function fieldOf(schema: JsonSchema | undefined, field: string): JsonSchema | undefined {
  if (isNamed(schema, field)) return schema?.properties?.[field];
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function isNamed(schema: JsonSchema | undefined, field: string): boolean {
  return schema?.properties !== undefined && Object.hasOwn(schema.properties, field);
}

function isAtomicMap(schema: JsonSchema | undefined): boolean {
  return schema?.["x-kubernetes-map-type"] === "atomic";
}

/** How the items of a list are called; undefined for lists that are owned as a whole. */
export function itemNamer(schema: JsonSchema | undefined): ((item: unknown) => string | undefined) | undefined {
  switch (schema?.["x-kubernetes-list-type"]) {
    case "set":
      return (item) => `v:${JSON.stringify(item)}`;
    case "map": {
      const keys = [...(schema["x-kubernetes-list-map-keys"] ?? [])].sort();
      return (item) => keyedName(schema.items, keys, item);
    }
    default:
      return undefined;
  }
}

/** `k:{"containerPort":80,"protocol":"TCP"}`; a key that is left out has its default. */
function keyedName(schema: JsonSchema | undefined, keys: readonly string[], item: unknown): string | undefined {
  if (!isRecord(item)) return undefined;
  const named: Record<string, unknown> = {};
  for (const key of keys) {
    const value = item[key] ?? schema?.properties?.[key]?.default;
    if (value === undefined) return undefined;
    named[key] = value;
  }
  return `k:${JSON.stringify(named)}`;
}

/** Items of a list that a client applies must be told apart. Throws REQUEST_BAD. */
export function checkItems(schema: JsonSchema | undefined, value: unknown, path = ""): void {
  if (isRecord(value)) {
    for (const [element, { schema: inner, value: part }] of fieldsIn(schema, value)) {
      checkItems(inner, part, `${path}.${element.slice(2)}`);
    }
    return;
  }
  const name = Array.isArray(value) ? itemNamer(schema) : undefined;
  if (!name) return;
  const seen = new Set<string>();
  for (const [index, item] of (value as unknown[]).entries()) {
    const element = name(item);
    if (element === undefined) {
      const keys = (schema?.["x-kubernetes-list-map-keys"] ?? []).join(", ");
      throw badRequest(
        `${path}: element ${index}: associative list with keys has an element that omits a key field (${keys})`,
      );
    }
    if (seen.has(element)) throw badRequest(`${path}: duplicate entries for key ${printElement(element)}`);
    seen.add(element);
    checkItems(schema?.items, item, `${path}${printElement(element)}`);
  }
}

/** `.spec.containers[name="web"].image`, as Kubernetes prints paths. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}

function printElement(element: string): string {
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case "k:":
      // {"containerPort":80,"protocol":"TCP"}. As text: a client may have written it, and then it may be no JSON.
      return `[${text.slice(1, -1).replace(/"([^"]+)":/g, "$1=")}]`;
    case "v:":
      return `[=${text}]`;
    case "i:":
      return `[${text}]`;
    default:
      return `.${text}`;
  }
}
