import { hasCode } from "@drydock/kit";
import type { KubeObject } from "@drydock/machinery";
import type { CacheChange, CacheEvent } from "../../store/cache/cache-event.ts";
import type { StoreEvent } from "../../store/store.ts";
import type { Codec } from "../registry/codec.ts";
import type { Registry } from "../registry/registry.ts";
import { collectionPrefix, type Resource } from "../registry/resource.ts";

/**
 * Every change of a collection after a revision: from the cache when that goes back far enough. After a restart it does
 * not; then the past is read from etcd, which keeps it for longer, and the cache takes over where that ends. So a
 * client that resumes need not list again only because we were restarted. Throws CACHE_EXPIRED or STORE_COMPACTED when
 * the history is gone.
 */
export async function* changesAfter(
  registry: Registry,
  resource: Resource,
  namespace: string,
  after: number | "now",
  signal: AbortSignal,
): AsyncGenerator<CacheEvent<KubeObject>> {
  const { cache } = resource;
  const prefix = collectionPrefix(resource, namespace);
  const fromCache = () => cache.watch({ prefix, after }, signal);
  let watch: AsyncIterable<CacheEvent<KubeObject>> | undefined;
  try {
    watch = fromCache();
  } catch (error) {
    if (!hasCode(error, "CACHE_EXPIRED") || after === "now") throw error;
  }
  if (watch) {
    yield* watch;
    return;
  }
  const reached = yield* pastFromStore(registry, resource.codec, prefix, after as number, cache.revision, signal);
  if (!signal.aborted) yield* cache.watch({ prefix, after: reached }, signal);
}

/** Reads changes from etcd until `until`; returns the revision that is reached. */
async function* pastFromStore(
  registry: Registry,
  codec: Codec,
  prefix: string,
  after: number,
  until: number,
  signal: AbortSignal,
): AsyncGenerator<CacheEvent<KubeObject>, number> {
  for await (const { revision, events } of registry.store.watch(prefix, after, signal)) {
    for (const event of events) yield changeOf(codec, event);
    if (revision >= until) return revision;
  }
  return until;
}

function changeOf(codec: Codec, event: StoreEvent): CacheChange<KubeObject> {
  const { key, revision } = event;
  // The revision of a previous state is not asked for: what leaves a selection is shown with that of the change.
  const previous = event.previous && codec.decode(key, event.previous, revision);
  if (event.type === "put") {
    const object = codec.decode(key, event.value, revision);
    return previous ? { type: "MODIFIED", key, revision, object, previous } : { type: "ADDED", key, revision, object };
  }
  const object = previous ?? lostObject(key, revision);
  return { type: "DELETED", key, revision, object, previous: object };
}

/** The last state of a deleted object has just been compacted; its name is still in its key. */
function lostObject(key: string, revision: number): KubeObject {
  const [name = "", namespace] = key.split("/").reverse();
  const metadata = { name, ...(namespace ? { namespace } : {}), resourceVersion: String(revision) };
  return { apiVersion: "", kind: "", metadata };
}
