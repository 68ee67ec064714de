/** Values as JSON has them. */
type Json = unknown;
type Mapping = Record<string, Json>;

/** Lists of mappings whose items are told apart by a field, as in k8s.io/api's patchMergeKey. Other lists are replaced as a whole. */
const mergeKeys: Record<string, readonly string[]> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  volumes: ["name"],
  env: ["name"],
  imagePullSecrets: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  hostAliases: ["ip"],
  ports: ["containerPort", "port"],
  topologySpreadConstraints: ["topologyKey"],
  ownerReferences: ["uid"],
  conditions: ["type"],
};

/**
 * What an object becomes when its manifest changes from `last` to `wanted` while others have changed `live`:
 * what the user wrote wins, what the user no longer writes goes, what others added stays. Pure; nothing is mutated.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
 */
export function threeWayMerge(last: Json, wanted: Json, live: Json): Json {
  return merge(last, wanted, live, "");
}

function merge(last: Json, wanted: Json, live: Json, field: string): Json {
  if (isMapping(wanted)) return mergeMappings(isMapping(last) ? last : {}, wanted, isMapping(live) ? live : {});
  if (Array.isArray(wanted) && Array.isArray(live)) {
    const key = keyOfItems(field, [...wanted, ...live]);
    if (key) return mergeLists(Array.isArray(last) ? last : [], wanted, live, key);
  }
  return wanted;
}

function mergeMappings(last: Mapping, wanted: Mapping, live: Mapping): Mapping {
  const result: Mapping = {};
  for (const [name, value] of Object.entries(live)) {
    const noLongerWritten = Object.hasOwn(last, name) && !Object.hasOwn(wanted, name);
    if (!noLongerWritten) result[name] = value;
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (value === null) delete result[name];
    else result[name] = merge(last[name], value, live[name], name);
  }
  return result;
}

/** Order: as the user wrote it, then what others added. */
function mergeLists(last: readonly Json[], wanted: readonly Json[], live: readonly Json[], key: string): Json[] {
  const idOf = (item: Json): Json => (isMapping(item) ? item[key] : undefined);
  const find = (list: readonly Json[], id: Json): Json => list.find((item) => idOf(item) === id);
  const merged = wanted.map((item) => merge(find(last, idOf(item)), item, find(live, idOf(item)), ""));
  const others = live.filter((item) => !find(wanted, idOf(item)) && !find(last, idOf(item)));
  return [...merged, ...others];
}

/** The field that tells the items of this list apart, if all of them have it and no two share it. */
function keyOfItems(field: string, items: readonly Json[]): string | undefined {
  return mergeKeys[field]?.find((key) => items.every((item) => isMapping(item) && item[key] !== undefined));
}

function isMapping(value: Json): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
