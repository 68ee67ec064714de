/** What happened, as those saw it who took part. Times are ms of one clock; names are those of objects in one namespace. */

/** A write as etcd has it. */
export interface StoredEvent {
  revision: number;
  type: "put" | "delete";
  name: string;
  /** The value that a put wrote; each is written once. */
  value?: string;
  created: boolean;
  previousRevision?: number;
}

/** A write as its client saw it. `refused`: certainly not done; `unknown`: the answer was lost. */
export interface Write {
  verb: "create" | "update" | "delete";
  name: string;
  value?: string;
  /** The revision that it was made upon. */
  base?: number;
  /** Of a create or update that was acknowledged. */
  revision?: number;
  outcome: "done" | "refused" | "unknown";
  start: number;
  end: number;
}

/** A read of one object, not from a cache. `revision` is undefined when it was not there. */
export interface Read {
  name: string;
  revision?: number;
  value?: string;
  start: number;
  end: number;
}

/** A list, perhaps of several pages. `latest`: it was not to be served from a cache that may be behind. */
export interface Listing {
  revision: number;
  latest: boolean;
  objects: ReadonlyMap<string, { revision: number; value: string }>;
  start: number;
  end: number;
}

export type Seen =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; name: string; revision: number; value: string }
  | { type: "BOOKMARK"; revision: number };

/** What one watcher was told between a list and the next: through as many connections as it took, each from where the one before ended. */
export interface Segment {
  watcher: string;
  /** The revision of the list. */
  after: number;
  seen: Seen[];
}

export interface History {
  /** Everything that etcd committed, in order. */
  events: readonly StoredEvent[];
  writes: readonly Write[];
  reads: readonly Read[];
  lists: readonly Listing[];
  segments: readonly Segment[];
}
