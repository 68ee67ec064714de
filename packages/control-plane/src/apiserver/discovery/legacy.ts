import { apiVersionOf, type Kind } from "@drydock/machinery";
import { type ServedGroup, subresourcesOf } from "./served-groups.ts";

/**
 * /api, /apis and /apis/GROUP/VERSION as they were before discovery was aggregated; kubectl falls back to them, scripts
 * use them.
 */

export function apiVersions(host: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: host }],
  };
}

export function apiGroup({ group, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: all, preferredVersion: all[0] };
}

export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.filter(({ group }) => group !== "").map(apiGroup) };
}

export function apiResourceList(groupVersion: string, kinds: readonly Kind[]): object {
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: kinds.flatMap(resourcesOf) };
}

function resourcesOf(kind: Kind): object[] {
  const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    storageVersionHash: Buffer.from(`${apiVersionOf(kind)}/${kind.kind}`)
      .toString("base64")
      .slice(0, 12),
  };
  const parts = subresourcesOf(kind).map(({ name, verbs, kind: { group, version, kind: of } }) => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    ...(group === kind.group && version === kind.version ? {} : { group, version }),
    kind: of,
    verbs,
  }));
  return [main, ...parts];
}
