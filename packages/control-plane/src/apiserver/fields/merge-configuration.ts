import type { JsonSchema } from "@drydock/machinery";
import { isRecord, setOwn } from "../patch/merge-patch.ts";
import { elementsOf, itemNamer } from "./elements.ts";

/**
 * The live value with everything that a configuration states: objects merge by field, lists by their items, what is
 * owned as a whole is replaced (structured-merge-diff, typed/merge.go). Pure; shares parts with both.
 */
export function mergeConfiguration(schema: JsonSchema | undefined, live: unknown, configuration: unknown): unknown {
  const stated = elementsOf(schema, configuration);
  if (!stated) return configuration;
  if (Array.isArray(configuration)) return mergeItems(schema, Array.isArray(live) ? live : [], configuration);
  const present = isRecord(live) ? live : {};
  const result: Record<string, unknown> = { ...present };
  for (const [name, { schema: inner, value }] of stated) {
    const field = name.slice(2);
    setOwn(result, field, mergeConfiguration(inner, Object.hasOwn(present, field) ? present[field] : undefined, value));
  }
  return result;
}

/**
 * Stated items come in the order in which they are stated; others stay before the stated item that they were before.
 * An item that the live list has twice is left once when it is stated.
 */
function mergeItems(schema: JsonSchema | undefined, live: readonly unknown[], stated: readonly unknown[]): unknown[] {
  const nameOf = itemNamer(schema) ?? (() => undefined);
  const present = new Map<string | undefined, unknown>();
  for (const item of live) if (!present.has(nameOf(item))) present.set(nameOf(item), item);
  const names = stated.map(nameOf);
  const wanted = new Set(names);
  const result: unknown[] = [];
  let next = 0;
  const takeUpTo = (end: number): void => {
    for (; next < end; next++) {
      const item = stated[next];
      const found = names[next] === undefined ? undefined : present.get(names[next]);
      result.push(found === undefined ? item : mergeConfiguration(schema?.items, found, item));
    }
  };
  for (const item of live) {
    const name = nameOf(item);
    if (name === undefined || !wanted.has(name)) result.push(item);
    else takeUpTo(names.indexOf(name) + 1);
  }
  takeUpTo(stated.length);
  return result;
}
