import { nearestName } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { ApiResource } from "./resource.ts";

/**
 * The resource that a user means by `pods`, `pod`, `po`, `Pod`, `workloads.drydock.dev` or `workloads.v1.drydock.dev`. Core comes first when
 * several groups have a name.
 */
export function resolveResource(name: string, resources: readonly ApiResource[]): ApiResource {
  const wanted = name.toLowerCase();
  const found = byPreference(resources).find((resource) => isNamed(resource, wanted));
  if (found) return found;
  const names = resources.flatMap((resource) => [resource.plural, resource.singular, ...resource.shortNames]);
  const near = nearestName(wanted, names);
  throw failure("CLI_UNKNOWN_KIND", `the server has no resource "${name}"`, {
    hint: near
      ? `did you mean ${near}?`
      : `resources are ${[...new Set(resources.map((r) => r.plural))].sort().join(", ")}`,
  });
}

/** `pods,workloads` or a category such as `all`. */
export function resolveResources(names: string, resources: readonly ApiResource[]): ApiResource[] {
  const found = names
    .split(",")
    .filter((name) => name !== "")
    .flatMap((name) => {
      const inCategory = resources.filter((resource) => resource.categories.includes(name));
      return inCategory.length > 0 ? inCategory : [resolveResource(name, resources)];
    });
  return [...new Set(found)];
}

/** An object says what it is. */
export interface TypedObject {
  readonly apiVersion: string;
  readonly kind: string;
}

export function findResourceOfObject(
  { apiVersion, kind }: TypedObject,
  resources: readonly ApiResource[],
): ApiResource | undefined {
  return resources.find((resource) => resource.kind === kind && groupVersionOf(resource) === apiVersion);
}

/** The resource of an object; CLI_UNKNOWN_KIND, with what may have been meant, when the server has none. */
export function resourceOfObject(object: TypedObject, resources: readonly ApiResource[]): ApiResource {
  const found = findResourceOfObject(object, resources);
  if (found) return found;

  const { apiVersion, kind } = object;
  const sameKind = resources.filter((resource) => resource.kind === kind);
  if (sameKind.length > 0) {
    const versions = sameKind.map(groupVersionOf).join(" or ");
    throw failure("CLI_UNKNOWN_KIND", `the server has no kind "${kind}" in ${apiVersion}`, {
      hint: `it has ${kind} in ${versions}`,
    });
  }
  const inVersion = resources.filter((resource) => groupVersionOf(resource) === apiVersion);
  const candidates = inVersion.length > 0 ? inVersion : resources;
  const near = nearestName(
    kind,
    candidates.map((resource) => resource.kind),
  );
  const nearResource = candidates.find((resource) => resource.kind === near);
  throw failure("CLI_UNKNOWN_KIND", `the server has no kind "${kind}" in ${apiVersion}`, {
    hint: nearResource ? `did you mean ${nearResource.kind} in ${groupVersionOf(nearResource)}?` : undefined,
  });
}

function groupVersionOf({ group, version }: ApiResource): string {
  return group === "" ? version : `${group}/${version}`;
}

function isNamed(resource: ApiResource, wanted: string): boolean {
  const [first = "", ...rest] = wanted.split(".");
  const names = [resource.plural, resource.singular, resource.kind.toLowerCase(), ...resource.shortNames];
  if (!names.includes(first)) return false;
  if (rest.length === 0) return true;
  const qualifier = rest.join(".");
  return qualifier === resource.group || qualifier === `${resource.version}.${resource.group}`;
}

function byPreference(resources: readonly ApiResource[]): ApiResource[] {
  return resources.toSorted((a, b) => Number(a.group !== "") - Number(b.group !== ""));
}
