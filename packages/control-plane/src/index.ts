export type { ClientTls, StoreOptions } from "./store/connection-options.ts";
export { openStore } from "./store/open-store.ts";
export type { Store, StoreBatch, StoredList, StoredValue, StoreEvent, StoreWatch } from "./store/store.ts";
