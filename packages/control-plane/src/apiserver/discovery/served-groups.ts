import type { Kind } from "@drydock/machinery";

export interface ServedGroup {
  /** "" is the core group. */
  group: string;
  versions: { version: string; kinds: Kind[] }[];
}

/** Kinds by group and version, core first, then by name. */
export function servedGroups(kinds: Iterable<Kind>): ServedGroup[] {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, Kind[]>();
    groups.set(kind.group, versions);
    versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind]);
  }
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([group, versions]) => ({
      group,
      versions: [...versions]
        .sort(([a], [b]) => compareVersions(a, b))
        .map(([version, list]) => ({ version, kinds: list.sort((a, b) => a.plural.localeCompare(b.plural)) })),
    }));
}

/**
 * The version to prefer first: v2, v1, v2beta1, v1beta2, v1beta1, v1alpha1, and then others by name (apimachinery/pkg/version).
 */
function compareVersions(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? a.localeCompare(b) : (right[at] as number) - (left[at] as number);
}

function rankOf(version: string): number[] {
  const [whole, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  if (whole === undefined) return [0, 0, 0];
  return [stage === undefined ? 3 : stage === "beta" ? 2 : 1, Number(major), Number(minor ?? 0)];
}

export interface ServedSubresource {
  name: string;
  verbs: readonly string[];
  /** What is sent and answered. */
  kind: { group: string; version: string; kind: string };
}

const core = (kind: string) => ({ group: "", version: "v1", kind });

/** What a subresource answers to, where it is not the object itself. */
const special: Record<string, Omit<ServedSubresource, "name">> = {
  scale: { verbs: ["get", "patch", "update"], kind: { group: "autoscaling", version: "v1", kind: "Scale" } },
  binding: { verbs: ["create"], kind: core("Binding") },
  log: { verbs: ["get"], kind: core("Pod") },
  exec: { verbs: ["create", "get"], kind: core("PodExecOptions") },
  eviction: { verbs: ["create"], kind: { group: "policy", version: "v1", kind: "Eviction" } },
  token: { verbs: ["create"], kind: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" } },
  portforward: { verbs: ["create", "get"], kind: core("PodPortForwardOptions") },
  attach: { verbs: ["create", "get"], kind: core("PodAttachOptions") },
};

export function subresourcesOf(kind: Kind): ServedSubresource[] {
  const served = kind.subresources;
  const names: string[] = kind.group === "" && kind.plural === "namespaces" ? ["finalize", ...served] : [...served];
  return names.sort().map((name) => ({
    name,
    ...(special[name] ?? {
      verbs: name === "finalize" ? ["update"] : ["get", "patch", "update"],
      kind: { group: kind.group, version: kind.version, kind: kind.kind },
    }),
  }));
}
