export type { CacheChange, CacheEvent, CacheProgress } from "./store/cache/cache-event.ts";
export type { ClientTls, StoreOptions } from "./store/connection-options.ts";
export { openStore } from "./store/open-store.ts";
export type { Store, StoreBatch, StoredList, StoredValue, StoreEvent, StoreWatch } from "./store/store.ts";
export { startWatchCache, type WatchCache, type WatchCacheOptions, type WatchCacheStats } from "./store/watch-cache.ts";
