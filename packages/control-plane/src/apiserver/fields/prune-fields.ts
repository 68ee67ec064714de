import type { JsonSchema } from "@drydock/machinery";
import { isRecord, setOwn } from "../patch/merge-patch.ts";
import { type Element, elementsOf, itemNamer } from "./elements.ts";
import { FieldSet } from "./field-set.ts";

/**
 * Takes away what a manager stated before (`last`) and nobody states now (`kept`: what it states now, and what others
 * own). An item goes with everything in it when nobody owns a part of it; an object that is left with nothing goes too.
 * Pure.
 */
export function pruneFields(schema: JsonSchema | undefined, value: unknown, last: FieldSet, kept: FieldSet): unknown {
  const elements = elementsOf(schema, value);
  if (!elements) return value;
  const left = new Map<string, unknown>();
  for (const [name, element] of elements) {
    const pruned = pruneElement(element, last.children.get(name), kept.children.get(name));
    if (pruned !== gone) left.set(name, pruned);
  }
  // The fields by which an item is known stay as long as the item does.
  if (isRecord(value)) return Object.fromEntries([...left].map(([name, inner]) => [name.slice(2), inner]));
  const nameOf = itemNamer(schema);
  return (value as unknown[]).flatMap((item) => {
    const name = nameOf?.(item);
    if (name === undefined || !left.has(name)) return [];
    return [withKeys(schema, item, left.get(name))];
  });
}

const gone = Symbol("gone");

function pruneElement({ schema, value }: Element, last: FieldSet | undefined, kept: FieldSet | undefined): unknown {
  if (!last || last.isEmpty) return value;
  const isKept = kept !== undefined && !kept.isEmpty;
  if (last.isMember && !isKept) return gone;
  if (!elementsOf(schema, value)) return value;
  const inner = pruneFields(schema, value, last, kept ?? nothing);
  const emptied = sizeOf(inner) === 0 && sizeOf(value) > 0;
  return emptied && !isKept ? gone : inner;
}

const nothing = new FieldSet();

function withKeys(schema: JsonSchema | undefined, item: unknown, pruned: unknown): unknown {
  const keys = schema?.["x-kubernetes-list-map-keys"];
  if (!keys || !isRecord(item) || !isRecord(pruned)) return pruned;
  const result: Record<string, unknown> = {};
  // In the order of before.
  for (const [field, value] of Object.entries(item)) {
    if (Object.hasOwn(pruned, field)) setOwn(result, field, pruned[field]);
    else if (keys.includes(field)) setOwn(result, field, value);
  }
  return result;
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : 1;
}
