/**
 * The last events of a cache in a ring of fixed size, each with a place (0, 1, 2 …) that stays the same for ever.
 * All watchers read from here: an event is held once, however many wait for it.
 */
export class EventHistory<E extends { revision: number }> {
  readonly #capacity: number;
  #ring: E[] = [];
  #end = 0;
  #start = 0;
  #after: number;

  constructor(capacity: number, afterRevision: number) {
    this.#capacity = capacity;
    this.#after = afterRevision;
  }

  /** The place of the next event. */
  get end(): number {
    return this.#end;
  }

  /** The place of the oldest event that is held. */
  get start(): number {
    return this.#start;
  }

  /** Every event after this revision is held. */
  get oldestAfter(): number {
    return this.#after;
  }

  append(event: E): void {
    if (this.#end - this.#start === this.#capacity) {
      this.#after = this.at(this.#start).revision;
      this.#start++;
    }
    this.#ring[this.#end % this.#capacity] = event;
    this.#end++;
  }

  /** The event at a place from `start` up to `end`, exclusive. */
  at(place: number): E {
    return this.#ring[place % this.#capacity] as E;
  }

  /** The place of the first event after `revision`; undefined when events after it have been forgotten. */
  placeAfter(revision: number): number | undefined {
    if (revision < this.#after) return undefined;
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets everything; what is known starts after `revision`. Places go on. */
  restart(revision: number): void {
    this.#ring = [];
    this.#start = this.#end;
    this.#after = revision;
  }
}
