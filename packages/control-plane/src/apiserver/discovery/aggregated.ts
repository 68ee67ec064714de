import type { Kind } from "@drydock/machinery";
import { type ServedGroup, subresourcesOf } from "./served-groups.ts";

/** The media type of aggregated discovery; a client takes an answer for it only under this very name. */
export const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** apidiscovery.k8s.io/v2: everything that is served, in one answer. */
export function groupDiscoveryList(groups: readonly ServedGroup[]): object {
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items: groups.map(item) };
}

function item({ group, versions }: ServedGroup): object {
  return {
    metadata: { name: group, creationTimestamp: null },
    versions: versions.map(({ version, kinds }) => ({ version, freshness: "Current", resources: kinds.map(resource) })),
  };
}

function resource(kind: Kind): object {
  const { group, version, plural, singular, shortNames, categories, verbs, namespaced } = kind;
  return {
    resource: plural,
    responseKind: { group, version, kind: kind.kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    subresources: subresourcesOf(kind).map(({ name, verbs, kind: responseKind }) => ({
      subresource: name,
      responseKind,
      verbs,
    })),
  };
}
