import { failure } from "../../errors.ts";
import type { CacheChange, CacheEvent } from "./cache-event.ts";
import type { EventHistory } from "./event-history.ts";

export interface CacheWatcherOptions<T> {
  history: EventHistory<CacheChange<T>>;
  prefix: string;
  /** Revision that the watcher has: events up to it are left out. */
  after: number;
  place: number;
  /** More unread events than this, and the watcher is dropped. */
  maxPending: number;
  /** The revision up to which watchers may be told that they have everything. */
  announced(): number;
  onEnd(watcher: CacheWatcher<T>): void;
}

/**
 * One watcher of a cache: a place in the shared history, and nothing else, so that a thousand of them cost little.
 * It is asked for the next event by its consumer, and woken by the cache only while the consumer waits.
 */
export class CacheWatcher<T> implements AsyncIterableIterator<CacheEvent<T>> {
  readonly #options: CacheWatcherOptions<T>;
  #place: number;
  /** The last revision that the consumer knows to have whole. */
  #reached: number;
  #waiting: { resolve(result: IteratorResult<CacheEvent<T>>): void; reject(error: unknown): void } | undefined;
  #ended = false;
  #error: unknown;

  constructor(options: CacheWatcherOptions<T>) {
    this.#options = options;
    this.#place = options.place;
    this.#reached = options.after;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<CacheEvent<T>>> {
    if (this.#ended) return this.#afterEnd();
    const event = this.#take();
    if (event) return { done: false, value: event };
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async return(): Promise<IteratorResult<CacheEvent<T>>> {
    this.end();
    return { done: true, value: undefined };
  }

  /** The cache has new events or progress. Drops a consumer that lags; hands the next one to a consumer that waits. */
  wake(): void {
    const { history, maxPending } = this.#options;
    // One revision can be larger than the whole history: then what it pushed out is not there to be read.
    if (this.#place >= history.start) this.#skip();
    if (this.#place < history.start || history.end - this.#place > maxPending) {
      this.end(this.#tooSlow());
      return;
    }
    const waiting = this.#waiting;
    const event = waiting && this.#take();
    if (!event) return;
    this.#waiting = undefined;
    waiting.resolve({ done: false, value: event });
  }

  /** Ends the iteration, with an error if there is one. What was not read is given up. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#options.onEnd(this);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) this.#afterEnd().then(waiting.resolve, waiting.reject);
  }

  async #afterEnd(): Promise<IteratorResult<CacheEvent<T>>> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  #take(): CacheEvent<T> | undefined {
    this.#skip();
    const { history, announced } = this.#options;
    if (this.#place < history.end) {
      const event = history.at(this.#place++);
      this.#reached = event.revision;
      return event;
    }
    // All read: whatever the cache has announced, this watcher has.
    const revision = announced();
    if (revision <= this.#reached) return undefined;
    this.#reached = revision;
    return { type: "PROGRESS", revision };
  }

  #tooSlow(): Error {
    const pending = this.#options.history.end - this.#place;
    return failure(
      "CACHE_SLOW_CONSUMER",
      `a watcher of ${this.#options.prefix || "everything"} is ${pending} events behind`,
      {
        hint: "resume the watch after the last event that you have",
        details: { pending, reached: this.#reached },
      },
    );
  }

  /** Steps over events that are not for this watcher. */
  #skip(): void {
    const { history, prefix, after } = this.#options;
    while (this.#place < history.end) {
      const event = history.at(this.#place);
      if (event.revision > after && event.key.startsWith(prefix)) return;
      this.#place++;
    }
  }
}
