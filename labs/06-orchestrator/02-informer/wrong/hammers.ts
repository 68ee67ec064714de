// fails at restart: requests
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import type { Client, KubeObject, ResourceType } from "@drydock/machinery";

export interface Handler<T> {
  added(object: T): void;
  updated(object: T): void;
  /** The object as it was last. */
  deleted(object: T): void;
}

/**
 * A cache of the objects of one namespace, kept up to date by one list and one watch, and a source of events.
 *
 * - It never ends by itself. After a failure it tries again, with pauses of 50 ms that double up to 2 s.
 * - It goes on where it was; only when the server has forgotten that revision (API_EXPIRED) it lists again, and tells what differs.
 * - The cache is never behind what a handler is told. A handler that is added later is told all that is there as added, before anything else.
 */
export interface Informer<T> {
  get(name: string): T | undefined;
  list(): T[];
  addHandler(handler: Handler<T>): void;
  /** When the first list is in the cache and handlers have been told. */
  synced(): Promise<void>;
  /** No watch is open and no handler is called after it resolves. */
  stop(): Promise<void>;
}

export function startInformer<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  namespace: string,
): Informer<T> {
  const cache = new Map<string, T>();
  const handlers: Handler<T>[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const synced = Promise.withResolvers<void>();
  // Nobody may be waiting.
  synced.promise.catch(() => {});
  /** Up to where everything has been seen; undefined: a list is needed. */
  let revision: string | undefined;

  function put(object: T): void {
    const { name, resourceVersion } = object.metadata;
    const old = cache.get(name);
    cache.set(name, object);
    if (old === undefined) for (const handler of handlers) handler.added(object);
    else if (old.metadata.resourceVersion !== resourceVersion) for (const handler of handlers) handler.updated(object);
  }

  function remove(object: T): void {
    if (cache.delete(object.metadata.name)) for (const handler of handlers) handler.deleted(object);
  }

  async function list(): Promise<void> {
    const { items, metadata } = await client.list(type, { namespace, signal });
    const there = new Set(items.map((item) => item.metadata.name));
    for (const object of [...cache.values()]) if (!there.has(object.metadata.name)) remove(object);
    for (const item of items) put(item);
    revision = metadata.resourceVersion;
    synced.resolve();
  }

  async function watch(): Promise<void> {
    for await (const event of client.watch(type, {
      namespace,
      resourceVersion: revision,
      allowWatchBookmarks: true,
      signal,
    })) {
      if (signal.aborted) return;
      revision = event.object.metadata.resourceVersion;
      if (event.type === "DELETED") remove(event.object);
      else if (event.type !== "BOOKMARK") put(event.object);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (revision === undefined) await list();
        await watch();
      } catch (error) {
        if (hasCode(error, "API_EXPIRED")) revision = undefined;
      }
      if (!signal.aborted) await sleep(5);
    }
    synced.reject(new Error("stopped before the first list"));
  }

  const running = run();
  return {
    get: (name) => cache.get(name),
    list: () => [...cache.values()],
    addHandler(handler) {
      handlers.push(handler);
      for (const object of cache.values()) handler.added(object);
    },
    synced: () => synced.promise,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
