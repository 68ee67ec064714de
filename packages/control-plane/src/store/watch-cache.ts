import type { Logger } from "@drydock/kit";
import type { CacheEvent } from "./cache/cache-event.ts";
import { SharedWatchCache } from "./cache/shared-watch-cache.ts";
import type { Store } from "./store.ts";

export interface WatchCacheOptions<T> {
  store: Store;
  /** Every key below it is held: `/registry/pods/`. */
  prefix: string;
  /** Makes the object that everybody shares. A value that it throws on is logged and left out. */
  decode(key: string, value: Buffer, modRevision: number): T;
  /** Events that are kept for watchers that resume; 2048 unless stated. */
  historySize?: number;
  /** Unread events that a watcher may have before it is dropped; 1024 unless stated, at most historySize. */
  maxPending?: number;
  logger?: Logger;
}

export interface WatchCacheStats {
  objects: number;
  /** Values that could not be decoded and are left out. */
  undecodable: number;
  watchers: number;
  /** When etcd last sent events or progress, ms since the epoch; 0 before the first. */
  lastHeardAt: number;
  /** Broken watch streams since the start; nothing was lost by them. */
  reconnects: number;
  /** Lists after the first: the history was compacted, or an event went missing. All watchers were ended. */
  relists: number;
}

/**
 * All objects below a prefix, kept up to date by one etcd watch, for any number of readers and watchers.
 *
 * Objects are shared: nobody may change what `get`, `list` or an event hands out (tests freeze them in `decode`).
 *
 * Watchers get: every event after their revision, in order, none twice, whole revisions. When that cannot be held any
 * more (the history in etcd was compacted before the cache had read it) all watches end with CACHE_EXPIRED. A list made
 * then cannot take the place of the lost events: it does not show when deleted objects went, nor those that came and
 * went in between, nor the states that were passed through; so nothing is made up from it.
 */
export interface WatchCache<T> {
  /** Resolves after the first list; rejects with CACHE_CLOSED. An etcd that is away is waited for. */
  ready(): Promise<void>;
  /** The cache has seen every change up to this one. */
  readonly revision: number;
  get(key: string): T | undefined;
  /** Sorted by key; a frozen array that later changes do not touch. `prefix` is a full key prefix. */
  list(prefix?: string): { revision: number; items: readonly T[] };
  /** Resolves when the cache has seen `revision`. Throws CACHE_BEHIND after `timeoutMs`, CACHE_CLOSED. */
  waitFor(revision: number, timeoutMs: number): Promise<void>;
  /**
   * Registered when called, not at the first read. Throws CACHE_EXPIRED at once when events after `after` are no longer
   * held; the iteration throws CACHE_EXPIRED or CACHE_SLOW_CONSUMER later on. It ends when the signal aborts or the
   * cache is closed. Call after ready().
   */
  watch(options: { prefix?: string; after: number | "now" }, signal: AbortSignal): AsyncIterable<CacheEvent<T>>;
  stats(): WatchCacheStats;
  close(): Promise<void>;
}

export function startWatchCache<T>(options: WatchCacheOptions<T>): WatchCache<T> {
  return new SharedWatchCache(options);
}
