import type { JsonSchema } from "@drydock/machinery";
import { isRecord } from "../patch/merge-patch.ts";
import { type Element, elementsOf } from "./elements.ts";
import { FieldSet } from "./field-set.ts";

/** The fields that a value states (structured-merge-diff, typed/tofieldset.go). Pure. */
export function fieldsOf(schema: JsonSchema | undefined, value: unknown): FieldSet {
  const set = new FieldSet();
  addFields(set, schema, value);
  return set;
}

function addFields(set: FieldSet, schema: JsonSchema | undefined, value: unknown): void {
  const elements = elementsOf(schema, value);
  if (!elements) {
    set.isMember = true;
    return;
  }
  for (const [name, element] of elements) addElement(set, name, element);
}

export function addElement(set: FieldSet, name: string, element: Element): void {
  const child = set.at(name);
  // Of an empty object or list nothing else could be owned.
  if (element.isItem || isEmptyContainer(element.value)) child.isMember = true;
  addFields(child, element.schema, element.value);
  if (child.isEmpty) set.children.delete(name);
}

export function isEmptyContainer(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}
