/** A change of one object. Objects are shared by everybody who reads the cache: never change them. */
export interface CacheChange<T> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  key: string;
  /** The revision of the change; of a deletion, that of the deletion. */
  revision: number;
  /** The object after the change; of a deletion, as it was last. */
  object: T;
  /** The object before a modification or deletion. */
  previous?: T;
}

/** The watcher has been given everything up to this revision. */
export interface CacheProgress {
  type: "PROGRESS";
  revision: number;
}

export type CacheEvent<T> = CacheChange<T> | CacheProgress;
