/** One key as etcd has it. */
export interface StoredValue {
  key: string;
  value: Buffer;
  modRevision: number;
  createRevision: number;
}

export interface StoredList {
  /** The revision that the list is a snapshot of. */
  revision: number;
  items: StoredValue[];
  /** Key to continue after, when there is more. */
  next?: string;
  /** How many items follow this page. */
  remaining: number;
}

export type StoreEvent = StorePut | StoreDelete;

export interface StorePut {
  type: "put";
  key: string;
  value: Buffer;
  revision: number;
  /** Equal to `revision` when this put created the key. */
  createRevision: number;
  /** The value before; undefined for a creation, or when it has just been compacted. */
  previous?: Buffer | undefined;
  /** The revision at which the previous value was written. */
  previousRevision?: number | undefined;
}

export interface StoreDelete {
  type: "delete";
  key: string;
  revision: number;
  previous?: Buffer | undefined;
  previousRevision?: number | undefined;
}

/** Whole revisions, in order: `events` never holds part of a revision. `revision` is the last one that is complete. */
export interface StoreBatch {
  revision: number;
  events: StoreEvent[];
}

/** A watch under way. */
export interface StoreWatch extends AsyncIterable<StoreBatch> {
  /** How often the stream to etcd broke and was opened again. */
  readonly reconnects: number;
}

/**
 * The narrow door to etcd. Keys are full (`/registry/…`), values opaque, revisions etcd's own.
 * Errors: STORE_EXISTS and STORE_CONFLICT (details.current has the StoredValue that won), STORE_NOT_FOUND, STORE_COMPACTED,
 * STORE_FUTURE_REVISION, STORE_UNAVAILABLE, STORE_NO_SPACE, STORE_TOO_LARGE, STORE_REFUSED, STORE_CLOSED.
 * Every call ends within the time limit that the store was opened with (a list within its own, for each request). A read is retried within it. A write is retried
 * only while it has certainly not been sent; one that was sent and not answered fails with STORE_UNAVAILABLE and
 * details.unknownFate = true: it may have happened, may happen yet, or may never happen. Read to find out.
 */
export interface Store {
  get(key: string): Promise<StoredValue | undefined>;
  /** Items whose key starts with `prefix`, by key. `revision` asks for a snapshot of the past; `after` continues a page. */
  list(
    prefix: string,
    options?: { limit?: number; after?: string; revision?: number; timeoutMs?: number },
  ): Promise<StoredList>;
  /** Puts a key that must not exist; returns the new revision. */
  create(key: string, value: Buffer): Promise<number>;
  /** Puts a key that must be at `modRevision`; returns the new revision. */
  update(key: string, value: Buffer, modRevision: number): Promise<number>;
  /** Deletes a key that must be at `modRevision`; returns the revision of the deletion. */
  delete(key: string, modRevision: number): Promise<number>;
  /**
   * All changes to keys that start with `prefix` after `afterRevision` (exclusive), with previous values: ordered, none lost, none twice, whole revisions,
   * through reconnects. Ends when the signal aborts; throws STORE_COMPACTED when the history is gone: list again.
   * Batches without events are progress: nothing below `prefix` happened up to `revision`.
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): StoreWatch;
  /** Forgets history before `revision`. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}
