import type { Informer, KubeObject } from "@drydock/machinery";

/** Entries that no event has confirmed are given up after this long (ms): by then the cache knows better. */
const trustedForMs = 30_000;

/**
 * What a controller has just written and its cache does not show yet, laid over the cache, so that a decision never counts on an object
 * that we have deleted, nor misses one that we have created. This takes the place of the expectations of Kubernetes' controllers: instead of
 * waiting until the cache has caught up, one decides on what is known to be so.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #now: () => number;
  /** By namespace/name: the created object, or undefined while the request is under way. */
  readonly #created = new Map<string, { group: string; object: T | undefined; at: number }>();
  /** By uid. */
  readonly #deleted = new Map<string, number>();

  constructor(informer: Informer<T>, now: () => number) {
    this.#informer = informer;
    this.#now = now;
    const seen = (object: T) => this.#created.delete(nameOf(object));
    informer.addHandler({
      added: seen,
      updated: (object) => {
        seen(object);
        if (object.metadata.deletionTimestamp !== undefined) this.#deleted.delete(object.metadata.uid ?? "");
      },
      deleted: (object) => {
        seen(object);
        this.#deleted.delete(object.metadata.uid ?? "");
      },
    });
  }

  /** Creates through `request`. `group` is what `view` is asked for, e.g. the owner's uid. */
  async create(group: string, object: T, request: () => Promise<T>): Promise<T> {
    const key = nameOf(object);
    const entry = { group, object: undefined as T | undefined, at: this.#now() };
    this.#created.set(key, entry);
    try {
      const created = await request();
      // When its event was quicker than the answer the entry is gone, and the cache is ahead of us.
      entry.object = created;
      return created;
    } catch (error) {
      this.#created.delete(key);
      throw error;
    }
  }

  /** Deletes through `request`. */
  async delete(object: T, request: () => Promise<unknown>): Promise<void> {
    const uid = object.metadata.uid ?? "";
    this.#deleted.set(uid, this.#now());
    try {
      await request();
    } catch (error) {
      this.#deleted.delete(uid);
      throw error;
    }
    // Its event may have come before the entry was made for a cache that had already let go of it.
    const cached = this.#informer.get(nameOf(object));
    if (cached?.metadata.uid !== uid || cached.metadata.deletionTimestamp !== undefined) this.#deleted.delete(uid);
  }

  /** `cached`, with what we have created for the group added and what we have deleted marked as terminating. */
  view(group: string, cached: readonly T[]): T[] {
    const now = this.#now();
    const view = cached.map((object) => {
      const at = this.#deleted.get(object.metadata.uid ?? "");
      if (at === undefined || object.metadata.deletionTimestamp !== undefined) return object;
      if (now - at > trustedForMs) {
        this.#deleted.delete(object.metadata.uid ?? "");
        return object;
      }
      return { ...object, metadata: { ...object.metadata, deletionTimestamp: new Date(at).toISOString() } };
    });
    for (const [key, entry] of this.#created) {
      if (entry.group !== group || entry.object === undefined) continue;
      const isSeen = this.#informer.get(key)?.metadata.uid === entry.object.metadata.uid;
      if (isSeen || now - entry.at > trustedForMs) this.#created.delete(key);
      else view.push(entry.object);
    }
    return view;
  }

  /** True when an object of this name is in the cache, or was created by us and is not there yet. */
  has(key: string): boolean {
    return this.#created.has(key) || this.#informer.get(key) !== undefined;
  }
}

function nameOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
