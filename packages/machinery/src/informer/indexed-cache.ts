import { type KubeObject, keyOf, type ObjectKey } from "../object.ts";

/** The values under which an index finds an object: e.g. the name of a pod's node. */
export type Indexer<T extends KubeObject> = { index(object: T): readonly string[] }["index"];

/** Objects by key and by index. Pure data structure: what an informer knows. */
export class IndexedCache<T extends KubeObject> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexers: ReadonlyMap<string, Indexer<T>>;
  readonly #indexes = new Map<string, Map<string, Map<ObjectKey, T>>>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#indexers = new Map(Object.entries(indexers));
    for (const name of this.#indexers.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  keys(): ObjectKey[] {
    return [...this.#objects.keys()];
  }

  values(): T[] {
    return [...this.#objects.values()];
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`there is no index "${name}"`);
    return [...(index.get(value)?.values() ?? [])];
  }

  /** Stores the object and returns the one that it takes the place of. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.delete(key);
    this.#objects.set(key, object);
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name) as Map<string, Map<ObjectKey, T>>;
      for (const value of indexer(object)) {
        const found = index.get(value);
        if (found) found.set(key, object);
        else index.set(value, new Map([[key, object]]));
      }
    }
    return old;
  }

  delete(key: ObjectKey): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const [name, indexer] of this.#indexers) {
      const index = this.#indexes.get(name) as Map<string, Map<ObjectKey, T>>;
      for (const value of indexer(old)) {
        const found = index.get(value);
        found?.delete(key);
        if (found?.size === 0) index.delete(value);
      }
    }
    return old;
  }
}
