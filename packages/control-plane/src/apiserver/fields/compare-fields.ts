import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "@drydock/machinery";
import { type Element, elementsOf } from "./elements.ts";
import { FieldSet } from "./field-set.ts";
import { addElement, isEmptyContainer } from "./fields-of.ts";

export interface Comparison {
  /** Fields that are new or have another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** What has become of the fields of one value in another (structured-merge-diff, typed/compare.go). Pure. */
export function compareFields(schema: JsonSchema | undefined, before: unknown, after: unknown): Comparison {
  const comparison = { changed: new FieldSet(), removed: new FieldSet() };
  compare(schema, before, after, comparison);
  return comparison;
}

function compare(
  schema: JsonSchema | undefined,
  before: unknown,
  after: unknown,
  { changed, removed }: Comparison,
): void {
  const olds = elementsOf(schema, before);
  const news = elementsOf(schema, after);
  if (!olds || !news) {
    // One of them is owned as a whole: nothing of the one is also part of the other.
    if (isDeepStrictEqual(before, after)) return;
    if (olds) for (const [name, element] of olds) addAll(removed, name, element);
    if (news) for (const [name, element] of news) addElement(changed, name, element);
    else changed.isMember = true;
    return;
  }
  for (const [name, old] of olds) if (!news.has(name)) addAll(removed, name, old);
  for (const [name, element] of news) {
    const old = olds.get(name);
    if (!old) {
      addElement(changed, name, element);
      continue;
    }
    const inner = { changed: changed.at(name), removed: removed.at(name) };
    compare(element.schema, old.value, element.value, inner);
    // What was emptied is itself the field from now on. What is filled stays the field of whoever made it.
    if (!element.isItem && isEmptyContainer(element.value) && !isEmptyContainer(old.value))
      inner.changed.isMember = true;
    if (inner.changed.isEmpty) changed.children.delete(name);
    if (inner.removed.isEmpty) removed.children.delete(name);
  }
}

/** An element with everything in it: of what is gone nobody owns anything, not even the object that held it. */
function addAll(set: FieldSet, name: string, { schema, value }: Element): void {
  const child = set.at(name);
  child.isMember = true;
  for (const [inner, element] of elementsOf(schema, value) ?? []) addAll(child, inner, element);
}
