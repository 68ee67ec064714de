import type { Client } from "@drydock/machinery";
import { getJson } from "./raw.ts";
import { findResourceOfObject, type TypedObject } from "./resolve.ts";
import type { ApiResource } from "./resource.ts";

/** Aggregated discovery, `apidiscovery.k8s.io/v2`: everything in two answers. */
interface DiscoveryList {
  items: {
    metadata: { name?: string };
    versions: { version: string; resources?: DiscoveredResource[] }[];
  }[];
}

interface DiscoveredResource {
  resource: string;
  responseKind: { group?: string; version?: string; kind: string };
  scope: "Cluster" | "Namespaced";
  singularResource?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string }[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** The core group is told of at one path, all others at another. */
type DiscoveryPath = "/api" | "/apis";

/** Every resource that the server has, in the server's order of preference. */
export async function discover(client: Client): Promise<ApiResource[]> {
  return ask(client, ["/api", "/apis"]);
}

/**
 * The resources of these objects' kinds, and maybe others. Asks for the groups while the objects are still being read, which also opens the
 * connection by then, and for the core group only when one of them is of it. When a kind is not there, all resources: what the user may have
 * meant is among them.
 */
export async function discoverKindsOf(
  client: Client,
  reading: Promise<readonly TypedObject[]>,
): Promise<ApiResource[]> {
  const [objects, ofGroups] = await Promise.all([reading, ask(client, ["/apis"])]);
  const isIn = (resources: readonly ApiResource[]): boolean =>
    objects.every((object) => findResourceOfObject(object, resources));
  return isIn(ofGroups) ? ofGroups : [...(await ask(client, ["/api"])), ...ofGroups];
}

async function ask(client: Client, paths: Iterable<DiscoveryPath>): Promise<ApiResource[]> {
  const lists = await Promise.all(
    Array.from(paths, (path) => getJson<DiscoveryList>(client, path, { headers: { accept } })),
  );
  return lists.flatMap(resourcesOf);
}

export function resourcesOf(list: DiscoveryList): ApiResource[] {
  return list.items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((resource) => ({
        group: metadata.name ?? "",
        version,
        kind: resource.responseKind.kind,
        plural: resource.resource,
        singular: resource.singularResource || resource.responseKind.kind.toLowerCase(),
        namespaced: resource.scope === "Namespaced",
        shortNames: resource.shortNames ?? [],
        categories: resource.categories ?? [],
        verbs: resource.verbs,
        subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
      })),
    ),
  );
}
