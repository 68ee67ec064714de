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

export type StoreEvent =
  | { type: "put"; key: string; value: Buffer; revision: number; createRevision: number; previous?: Buffer | undefined }
  | { type: "delete"; key: string; revision: number; previous?: Buffer | undefined };

/** Whole revisions, in order: `events` never holds part of a revision. `revision` is the last one that is complete. */
export interface StoreBatch {
  revision: number;
  events: StoreEvent[];
}

/**
 * The narrow door to etcd. Keys are full (`/registry/…`), values opaque, revisions etcd's own.
 * Errors: STORE_EXISTS, STORE_CONFLICT (details.current has the value that won, if any), STORE_NOT_FOUND, STORE_COMPACTED (details.compactRevision),
 * STORE_UNAVAILABLE, STORE_NO_SPACE.
 */
export interface Store {
  get(key: string): Promise<StoredValue | undefined>;
  /** Items whose key starts with `prefix`, by key. `revision` asks for a snapshot of the past; `after` continues a page. */
  list(prefix: string, options?: { limit?: number; after?: string; revision?: number }): Promise<StoredList>;
  /** Puts a key that must not exist; returns the new revision. */
  create(key: string, value: Buffer): Promise<number>;
  /** Puts a key that must be at `modRevision`; returns the new revision. */
  update(key: string, value: Buffer, modRevision: number): Promise<number>;
  /** Deletes a key that must be at `modRevision`; returns the revision of the deletion. */
  delete(key: string, modRevision: number): Promise<number>;
  /**
   * All changes below `prefix` after `afterRevision` (exclusive), with previous values: ordered, none lost, none twice, whole revisions,
   * through reconnects. Ends when the signal aborts; throws STORE_COMPACTED when the history is gone: list again.
   * Batches without events are progress: nothing below `prefix` happened up to `revision`.
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<StoreBatch>;
  /** Forgets history before `revision`. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}
