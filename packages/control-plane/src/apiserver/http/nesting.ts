/** Deeper than any object of ours; well below where recursion over a value would exhaust the stack. */
export const nestingLimit = 200;

/** Is a value nested deeper than `limit`? Iterative, since the value may be nested a million times. */
export function isNestedDeeper(value: unknown, limit = nestingLimit): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      for (const inner of Array.isArray(one) ? one : Object.values(one)) {
        if (typeof inner === "object" && inner !== null) next.push(inner);
      }
    }
    level = next;
  }
  return false;
}
