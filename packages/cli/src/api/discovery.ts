import type { Client } from "@drydock/machinery";
import { getJson } from "./raw.ts";
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

/** Every resource that the server has, in the server's order of preference. */
export async function discover(client: Client): Promise<ApiResource[]> {
  const lists = await Promise.all(
    ["/api", "/apis"].map((path) => getJson<DiscoveryList>(client, path, { headers: { accept } })),
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
