/** A binary heap: `pop` takes the least item by `before`. An item can be taken out anywhere in O(log n) by its key. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #index = new Map<string, number>();
  readonly #key: (item: T) => string;
  readonly #before: (a: T, b: T) => boolean;

  constructor(key: (item: T) => string, before: (a: T, b: T) => boolean) {
    this.#key = key;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  get(key: string): T | undefined {
    const index = this.#index.get(key);
    return index === undefined ? undefined : this.#items[index];
  }

  /** Adds an item, in place of one with the same key. */
  push(item: T): void {
    this.delete(this.#key(item));
    this.#items.push(item);
    this.#index.set(this.#key(item), this.#items.length - 1);
    this.#up(this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    return first === undefined ? undefined : this.delete(this.#key(first));
  }

  delete(key: string): T | undefined {
    const index = this.#index.get(key);
    if (index === undefined) return undefined;
    const last = this.#items.length - 1;
    this.#swap(index, last);
    const item = this.#items.pop();
    this.#index.delete(key);
    if (index < last) {
      this.#down(index);
      this.#up(index);
    }
    return item;
  }

  values(): Iterable<T> {
    return this.#items;
  }

  #up(index: number): void {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#less(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #down(index: number): void {
    for (let parent = index; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#items.length && this.#less(child, least)) least = child;
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #less(a: number, b: number): boolean {
    return this.#before(this.#items[a] as T, this.#items[b] as T);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#items[a] as T, this.#items[b] as T];
    this.#items[a] = y;
    this.#items[b] = x;
    this.#index.set(this.#key(y), a);
    this.#index.set(this.#key(x), b);
  }
}
