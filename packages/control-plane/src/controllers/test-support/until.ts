import type { Client, KubeObject, ListOptions, ResourceType } from "@drydock/machinery";

/** Waits until the objects of a kind are as `holds` says, and returns them; after `timeoutMs` throws what was seen last. */
export async function until<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  options: ListOptions,
  what: string,
  holds: (objects: T[]) => boolean,
  timeoutMs = 30_000,
): Promise<T[]> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const listed = await client.list(type, options);
  const objects = new Map(listed.items.map((object) => [object.metadata.uid, object]));
  const now = () => [...objects.values()];
  try {
    if (holds(now())) return now();
    const { resourceVersion } = listed.metadata;
    for await (const event of client.watch(type, { ...options, resourceVersion, signal: timeout })) {
      if (event.type === "BOOKMARK") continue;
      if (event.type === "DELETED") objects.delete(event.object.metadata.uid);
      else objects.set(event.object.metadata.uid, event.object);
      if (holds(now())) return now();
    }
  } catch (error) {
    if (!timeout.aborted) throw error;
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}; there is ${JSON.stringify(now(), undefined, 1)}`);
}
