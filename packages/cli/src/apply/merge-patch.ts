import { isDeepStrictEqual } from "node:util";

type Mapping = Record<string, unknown>;

/** The JSON merge patch (RFC 7386) that turns `from` into `to`; undefined when they are equal. Lists are replaced as a whole. */
export function mergePatch(from: Mapping, to: Mapping): Mapping | undefined {
  const patch: Mapping = {};
  for (const name of Object.keys(from)) {
    if (!Object.hasOwn(to, name)) patch[name] = null;
  }
  for (const [name, value] of Object.entries(to)) {
    const before = from[name];
    if (isDeepStrictEqual(before, value)) continue;
    patch[name] = isMapping(before) && isMapping(value) ? mergePatch(before, value) : value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
