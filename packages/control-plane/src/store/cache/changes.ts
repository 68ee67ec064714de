import type { StoreEvent } from "../store.ts";
import type { CacheChange } from "./cache-event.ts";
import type { IndexEntry } from "./object-index.ts";

/**
 * True when an event follows from what the cache holds of its key: a creation finds nothing there, a change finds the
 * revision that it replaced. False means that an event has been lost on the way, whoever lost it.
 */
export function follows(event: StoreEvent, entry: IndexEntry<unknown> | undefined): boolean {
  if (event.type === "put" && event.createRevision === event.revision) return entry === undefined;
  // The previous value may just have been compacted; then there is nothing to compare.
  return entry !== undefined && (event.previousRevision ?? entry.modRevision) === entry.modRevision;
}

/** What watchers are told when a key's object goes from `previous` to `object`; undefined stands for none. */
export function changeOf<T>(
  key: string,
  revision: number,
  previous: T | undefined,
  object: T | undefined,
): CacheChange<T> | undefined {
  if (object !== undefined) {
    return previous === undefined
      ? { type: "ADDED", key, revision, object }
      : { type: "MODIFIED", key, revision, object, previous };
  }
  return previous === undefined ? undefined : { type: "DELETED", key, revision, object: previous, previous };
}
