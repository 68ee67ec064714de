import { hasCode } from "@drydock/kit";
import type { KubeObject } from "@drydock/machinery";
import type { StoredValue } from "../../store/store.ts";
import { expired, tooNew } from "../status/refusals.ts";
import { encodeContinue } from "./continue-token.ts";
import type { Freshness, ListOptions } from "./list-options.ts";
import type { Registry } from "./registry.ts";
import { collectionPrefix, type Resource } from "./resource.ts";
import type { Selection } from "./selection.ts";

export interface Page {
  /** The revision that the items are a snapshot of. */
  revision: number;
  items: readonly KubeObject[];
  continue?: string;
  remainingItemCount?: number;
}

/** Items per read from etcd while a selector leaves a page short. */
const scanStep = 500;

/** Reads a collection: from the cache when that is new enough, from etcd otherwise. Never change the items. */
export async function listObjects(
  registry: Registry,
  resource: Resource,
  namespace: string,
  selection: Selection,
  options: ListOptions,
): Promise<Page> {
  const prefix = collectionPrefix(resource, namespace);
  if (options.from === undefined && (await cacheServes(resource, options.freshness))) {
    const { revision, items } = resource.cache.list(prefix);
    return { revision, items: selection.all ? items : items.filter(selection.matches) };
  }
  try {
    return await listFromStore(registry, resource, prefix, selection, options);
  } catch (error) {
    if (!hasCode(error, "STORE_COMPACTED")) throw error;
    const what = options.from
      ? "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
      : "The resourceVersion for the provided list is too old.";
    throw expired(what);
  }
}

async function cacheServes({ cache }: Resource, freshness: Freshness): Promise<boolean> {
  await cache.ready();
  if (freshness.kind === "any") return true;
  if (freshness.kind !== "notOlderThan") return false;
  return cache.revision >= freshness.revision;
}

async function listFromStore(
  registry: Registry,
  resource: Resource,
  prefix: string,
  selection: Selection,
  { freshness, from, limit }: ListOptions,
): Promise<Page> {
  const items: KubeObject[] = [];
  let revision = from?.revision ?? (freshness.kind === "exact" ? freshness.revision : undefined);
  let after = from ? prefix + from.after : undefined;
  for (;;) {
    const step = limit === 0 ? 0 : Math.max(limit - items.length, selection.all ? 0 : scanStep);
    const page = await registry.store.list(prefix, {
      ...(step > 0 ? { limit: step } : {}),
      ...(after === undefined ? {} : { after }),
      ...(revision === undefined ? {} : { revision }),
    });
    revision ??= page.revision;
    if (freshness.kind === "notOlderThan" && revision < freshness.revision) throw tooNew(freshness.revision, revision);
    for (const [index, stored] of page.items.entries()) {
      const object = decodeStored(resource, stored);
      if (!selection.matches(object)) continue;
      items.push(object);
      if (limit === 0 || items.length < limit) continue;
      const left = page.items.length - index - 1 + page.remaining;
      if (left === 0) break;
      return {
        revision,
        items,
        continue: encodeContinue({ revision, after: stored.key.slice(prefix.length) }),
        ...(selection.all ? { remainingItemCount: left } : {}),
      };
    }
    if (page.next === undefined) return { revision, items };
    after = page.next;
  }
}

/** The cache often has this very version decoded already. */
function decodeStored(resource: Resource, { key, value, modRevision }: StoredValue): KubeObject {
  const cached = resource.cache.get(key);
  if (cached?.metadata.resourceVersion === String(modRevision)) return cached;
  return resource.codec.decode(key, value, modRevision);
}
