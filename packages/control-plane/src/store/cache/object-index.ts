export interface IndexEntry<T> {
  key: string;
  modRevision: number;
  /** Undefined when the stored value could not be decoded: such a key is as if it were not there. */
  object: T | undefined;
}

/** The objects of a cache by key, and sorted by key for lists. */
export class ObjectIndex<T> {
  #entries = new Map<string, IndexEntry<T>>();
  /** Keys of the decodable objects and, in the same places, the objects. */
  #keys: string[] = [];
  #objects: T[] = [];
  /** What `list` gave out for everything, until the next change. */
  #snapshot: readonly T[] | undefined;

  get size(): number {
    return this.#keys.length;
  }

  get undecodable(): number {
    return this.#entries.size - this.#keys.length;
  }

  get(key: string): IndexEntry<T> | undefined {
    return this.#entries.get(key);
  }

  replace(entries: readonly IndexEntry<T>[]): void {
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]));
    // etcd sorts by bytes, strings compare by UTF-16 units: sort again, or binary search would miss keys.
    const listed = entries.filter((entry) => entry.object !== undefined).sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#keys = listed.map((entry) => entry.key);
    this.#objects = listed.map((entry) => entry.object as T);
    this.#snapshot = undefined;
  }

  set(entry: IndexEntry<T>): void {
    this.#entries.set(entry.key, entry);
    const place = this.#lowerBound(entry.key);
    const present = this.#keys[place] === entry.key ? 1 : 0;
    if (entry.object === undefined) {
      this.#splice(place, present);
    } else if (present) {
      this.#objects[place] = entry.object;
      this.#snapshot = undefined;
    } else {
      this.#splice(place, 0, entry.key, entry.object);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
    const place = this.#lowerBound(key);
    if (this.#keys[place] === key) this.#splice(place, 1);
  }

  /** A frozen array that later changes do not touch. Costs a copy of the references once after each change. */
  list(prefix = ""): readonly T[] {
    if (prefix === "") {
      this.#snapshot ??= Object.freeze(this.#objects.slice());
      return this.#snapshot;
    }
    const start = this.#lowerBound(prefix);
    let end = start;
    while (end < this.#keys.length && (this.#keys[end] as string).startsWith(prefix)) end++;
    return Object.freeze(this.#objects.slice(start, end));
  }

  #splice(place: number, remove: number, key?: string, object?: T): void {
    if (key === undefined) {
      this.#keys.splice(place, remove);
      this.#objects.splice(place, remove);
    } else {
      this.#keys.splice(place, remove, key);
      this.#objects.splice(place, remove, object as T);
    }
    this.#snapshot = undefined;
  }

  /** The place of the first key that is not smaller. */
  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
