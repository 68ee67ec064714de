import type { ResourceType } from "../kind.ts";
import type { KubeObject, ObjectKey } from "../object.ts";
import type { InformerHandler } from "./handlers.ts";

/**
 * A cache of the objects of one resource, kept up to date by one list and one watch, and the source of a controller's keys.
 *
 * The contract:
 * - It never stops by itself. Every failure is logged, counted and visible in `health`, and tried again with back-off; only `stop` ends it.
 * - It resumes where it was: after a lost connection the watch goes on from the last event or bookmark. When the server no longer has
 *   that revision (410 Expired) it lists again, and handlers hear of what differs: additions, updates, and the deletions that were missed.
 * - Handlers hear of each object's states in order. They may not hear of every state, and after a relist they hear of the last one only:
 *   act on what is, not on what happened. There is no periodic resync.
 * - `synced` resolves when the first list is in the cache and handlers have heard of all of it. A handler added later hears of all that
 *   is there as additions, before anything else.
 * - The cache may lag behind the server, and is never ahead of the handlers: what a handler is told is what `get` returns meanwhile.
 * - Objects in the cache are shared. Clone before changing one (structuredClone).
 */
export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>;
  get(key: ObjectKey): T | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): T[];
  /** The objects that the indexer `index` files under `value`. Throws when there is no such index. */
  byIndex(index: string, value: string): T[];
  /** Returns the function that removes the handler. */
  addHandler(handler: InformerHandler<T>): () => void;
  /** Rejects with INFORMER_STOPPED when it is stopped first, or with the signal's reason. */
  synced(signal?: AbortSignal): Promise<void>;
  health(): InformerHealth;
  /** Ends the watch; no handler is called after it resolves. */
  stop(): Promise<void>;
}

/** Whether an informer is alive. Times in ms since the epoch. */
export interface InformerHealth {
  synced: boolean;
  /** True while a watch is open. */
  watching: boolean;
  /** Up to where it has seen everything. */
  revision: string | undefined;
  objects: number;
  lastEvent: number | undefined;
  lastBookmark: number | undefined;
  /** Lists made, the first included. */
  lists: number;
  /** Watches opened after the first. */
  reconnects: number;
  /** Failures since something last worked. */
  failures: number;
  lastError: { at: number; code: string | undefined; message: string } | undefined;
}
