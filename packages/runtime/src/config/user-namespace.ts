import type { IdMapping, RuntimeConfig } from "../types.ts";
import { type Check, integer, invalid, list, object } from "./check.ts";

const maxId = 2 ** 32 - 2;
/** Ranges that one map of a user namespace may have (user_namespaces(7)). */
const maxRanges = 340;

export const idMappingsShape: Check = (value, path) => {
  list(
    object(
      { containerID: integer(0, maxId), hostID: integer(0, maxId), size: integer(1, maxId + 1) },
      { required: ["containerID", "hostID", "size"] },
    ),
  )(value, path);
  const ranges = value as IdMapping[];
  if (ranges.length > maxRanges) throw invalid(path, `has ${ranges.length} ranges; the kernel takes ${maxRanges}`);
  for (const side of ["containerID", "hostID"] as const) {
    const sorted = ranges.map((range, index) => ({ ...range, index })).sort((a, b) => a[side] - b[side]);
    for (const [at, range] of sorted.entries()) {
      const next = sorted[at + 1];
      if (next && range[side] + range.size > next[side]) {
        throw invalid(`${path}[${next.index}]`, `overlaps with ${path}[${range.index}] in its ${side}s`);
      }
    }
  }
};

/** True when the container is in a user namespace of its own, made for it or joined. */
export function hasUserNamespace(config: RuntimeConfig): boolean {
  return config.linux?.namespaces?.some(({ type }) => type === "user") ?? false;
}

/** True when the runtime makes it, and so has to say which ids it maps. */
export function makesUserNamespace(config: RuntimeConfig): boolean {
  return config.linux?.namespaces?.some(({ type, path }) => type === "user" && path === undefined) ?? false;
}

/** The id outside that stands for one inside; undefined where it is not mapped. */
export function hostId(mappings: readonly IdMapping[] | undefined, id: number): number | undefined {
  const range = mappings?.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + (id - range.containerID);
}

/** Maps where there is a namespace for them, and everybody who is named in the configuration is in them. */
export function checkUserNamespace(config: RuntimeConfig): void {
  const { uidMappings = [], gidMappings = [] } = config.linux ?? {};
  const made = makesUserNamespace(config);
  for (const [name, mappings] of [
    ["linux.uidMappings", uidMappings],
    ["linux.gidMappings", gidMappings],
  ] as const) {
    if (mappings.length > 0 && !made) {
      throw invalid(
        name,
        hasUserNamespace(config) ? "the user namespace that is joined has maps already" : "there is no user namespace",
        hasUserNamespace(config) ? "remove it" : 'add {"type": "user"} to linux.namespaces',
      );
    }
    if (!made) continue;
    if (mappings.length === 0) throw invalid(name, "is required for a new user namespace", "map id 0, at least");
    if (hostId(mappings, 0) === undefined) {
      throw invalid(name, "does not map id 0, as which the container is set up", 'add {"containerID": 0, …}');
    }
  }
  if (!made) return;
  const { uid = 0, gid = 0, additionalGids = [] } = config.process.user ?? {};
  const used: [path: string, id: number, mappings: IdMapping[]][] = [
    ["process.user.uid", uid, uidMappings],
    ["process.user.gid", gid, gidMappings],
    ...additionalGids.map((one, index): [string, number, IdMapping[]] => [
      `process.user.additionalGids[${index}]`,
      one,
      gidMappings,
    ]),
  ];
  for (const [path, id, mappings] of used) {
    if (hostId(mappings, id) === undefined) {
      const field = mappings === uidMappings ? "uidMappings" : "gidMappings";
      throw invalid(path, `${id} is not mapped in the user namespace`, `add it to linux.${field}`);
    }
  }
}
