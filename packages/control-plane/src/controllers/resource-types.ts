import { hasCode } from "@drydock/kit";
import type { Client, ResourceType } from "@drydock/machinery";

/** A resource type as discovery tells of it. */
export interface ServedType extends ResourceType {
  readonly verbs: readonly string[];
}

interface ResourceList {
  resources: { name: string; namespaced: boolean; kind: string; verbs: string[] }[];
}

interface GroupList {
  groups: { name: string; preferredVersion: { version: string } }[];
}

/** Asks the API server for every kind that it serves, in the preferred version of each group; those added at run time included. */
export async function discoverTypes(client: Client, signal: AbortSignal): Promise<ServedType[]> {
  const { groups } = await getJson<GroupList>(client, "/apis", signal);
  const versions = [
    { group: "", version: "v1", path: "/api/v1" },
    ...groups.map(({ name, preferredVersion: { version } }) => ({
      group: name,
      version,
      path: `/apis/${name}/${version}`,
    })),
  ];
  const lists = await Promise.all(
    versions.map(async ({ group, version, path }) => {
      try {
        const { resources } = await getJson<ResourceList>(client, path, signal);
        return resources
          .filter(({ name }) => !name.includes("/"))
          .map(({ name, namespaced, kind, verbs }) => ({ group, version, kind, plural: name, namespaced, verbs }));
      } catch (error) {
        // A group that was removed between the two questions is no longer served.
        if (hasCode(error, "API_NOT_FOUND")) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

export function typeKey(type: Pick<ResourceType, "group" | "plural">): string {
  return `${type.group}/${type.plural}`;
}

/** Throws the error that the server's Status states. */
async function getJson<T>(client: Client, path: string, signal: AbortSignal): Promise<T> {
  const { body } = await client.stream("GET", path, { headers: { accept: "application/json" }, signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
}
