import { isDeepStrictEqual } from "node:util";

/** One field that differs between two states; `before` or `after` is undefined when it was not there. */
export interface Change {
  path: string;
  before?: unknown;
  after?: unknown;
}

/** Bookkeeping that changes with everything. */
const silent = new Set(["metadata.managedFields", "metadata.resourceVersion"]);

/** The fields that differ, as deep as both sides are objects; lists count as a whole unless they are as long as each other. Pure. */
export function changesBetween(before: unknown, after: unknown, path = ""): Change[] {
  if (silent.has(path) || isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((item, i) => changesBetween(before[i], item, `${path}[${i}]`));
  }
  if (!isRecord(before) || !isRecord(after)) {
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].flatMap((field) =>
    changesBetween(before[field], after[field], path === "" ? field : `${path}.${field}`),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
