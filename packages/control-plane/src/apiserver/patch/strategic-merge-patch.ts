import { isDeepStrictEqual } from "node:util";
import { badRequest } from "../status/refusals.ts";
import { isRecord, setOwn } from "./merge-patch.ts";

/**
 * What the schema says of a field: how lists merge, and what is inside. Plain JSON schema with Kubernetes' extensions.
 */
export interface PatchSchema {
  properties?: Record<string, PatchSchema>;
  additionalProperties?: PatchSchema | boolean;
  items?: PatchSchema;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
}

/**
 * Applies a strategic merge patch: like a merge patch, but lists whose schema says `merge` are merged by their key, and
 * directives do the rest: `$patch: delete|replace|merge`, `$deleteFromPrimitiveList/f`, `$setElementOrder/f`,
 * `$retainKeys`. Follows apimachinery/pkg/util/strategicpatch. Throws REQUEST_BAD.
 */
export function strategicMergePatch(target: unknown, patch: unknown, schema: PatchSchema | undefined): unknown {
  if (!isRecord(patch)) return patch;
  const directive = patch.$patch;
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") {
    throw badRequest(`unrecognized $patch value ${JSON.stringify(directive)}: must be delete, replace or merge`);
  }
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  if (Array.isArray(patch.$retainKeys)) {
    for (const key of Object.keys(result)) if (!patch.$retainKeys.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    const inner = propertyOf(schema, key);
    const current = Object.hasOwn(result, key) ? result[key] : undefined;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) setOwn(result, key, mergeLists(current, value, inner, key));
    else setOwn(result, key, strategicMergePatch(current, value, inner));
  }
  for (const [key, value] of Object.entries(patch)) {
    const slash = key.indexOf("/");
    if (!key.startsWith("$") || slash < 0) continue;
    const field = key.slice(slash + 1);
    applyListDirective(result, field, key.slice(0, slash), value, propertyOf(schema, field));
  }
  return result;
}

function propertyOf(schema: PatchSchema | undefined, key: string): PatchSchema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return isRecord(schema?.additionalProperties) ? (schema.additionalProperties as PatchSchema) : undefined;
}

function merges(schema: PatchSchema | undefined): boolean {
  return schema?.["x-kubernetes-patch-strategy"]?.split(",").includes("merge") ?? false;
}

function mergeLists(current: unknown, patch: unknown[], schema: PatchSchema | undefined, field: string): unknown[] {
  if (!merges(schema)) return patch.map(withoutDirectives);
  const list = Array.isArray(current) ? current : [];
  const mergeKey = schema?.["x-kubernetes-patch-merge-key"];
  if (mergeKey === undefined) return [...list, ...patch.filter((item) => !list.includes(item))];
  if (patch.some((item) => isRecord(item) && item.$patch === "replace")) {
    return patch.filter((item) => !isRecord(item) || item.$patch !== "replace").map(withoutDirectives);
  }
  const result = [...list];
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest(`${field}: the items of this list must be objects`);
    if (!Object.hasOwn(item, mergeKey)) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    }
    const place = result.findIndex((other) => isRecord(other) && isDeepStrictEqual(other[mergeKey], item[mergeKey]));
    if (item.$patch === "delete") {
      if (place >= 0) result.splice(place, 1);
    } else if (place >= 0) {
      result[place] = strategicMergePatch(result[place], item, schema?.items);
    } else {
      result.push(strategicMergePatch({}, item, schema?.items));
    }
  }
  return result;
}

function applyListDirective(
  result: Record<string, unknown>,
  field: string,
  directive: string,
  value: unknown,
  schema: PatchSchema | undefined,
): void {
  const list = result[field];
  if (!Array.isArray(value)) throw badRequest(`${directive}/${field} must be a list`);
  if (!Array.isArray(list)) return;
  if (directive === "$deleteFromPrimitiveList") {
    result[field] = list.filter((item) => !value.includes(item));
  } else if (directive === "$setElementOrder") {
    result[field] = inOrder(list, value, schema?.["x-kubernetes-patch-merge-key"]);
  }
}

/** Items that the order names come in that order; the others stay behind the item that they followed. */
function inOrder(list: unknown[], order: unknown[], mergeKey: string | undefined): unknown[] {
  const identity = (item: unknown) => (mergeKey !== undefined && isRecord(item) ? item[mergeKey] : item);
  const rank = new Map(order.map((item, place) => [identity(item), place]));
  const named = list.filter((item) => rank.has(identity(item)));
  named.sort((a, b) => (rank.get(identity(a)) ?? 0) - (rank.get(identity(b)) ?? 0));
  const result = [...named];
  for (const [place, item] of list.entries()) {
    if (rank.has(identity(item))) continue;
    const before = list[place - 1];
    result.splice(place === 0 ? 0 : result.indexOf(before) + 1, 0, item);
  }
  return result;
}

/** A patch that becomes a value: directives and nulls inside it mean nothing any more. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!key.startsWith("$") && inner !== null) setOwn(result, key, withoutDirectives(inner));
  }
  return result;
}
