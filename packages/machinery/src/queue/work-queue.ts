import { type BackoffPolicy, backoffDelay, type Clock, systemClock } from "@drydock/kit";
import type { ObjectKey } from "../object.ts";

export interface WorkQueueOptions {
  clock?: Clock;
  /** Delay of addRateLimited by the number of failures of that key. */
  backoff?: BackoffPolicy;
}

export interface WorkQueueStats {
  /** Keys that wait for a worker. */
  waiting: number;
  processing: number;
  /** Keys that wait for their time. */
  delayed: number;
  /** Keys whose last attempts failed. */
  failing: number;
}

const defaultBackoff: BackoffPolicy = { initialMs: 5, maxMs: 60_000, jitter: 0.1 };

/**
 * The queue between informers and reconcilers, with the contract of client-go's workqueue:
 *
 * - fair: keys are taken in the order in which they were added;
 * - stingy: a key added many times before it is taken is taken once;
 * - one at a time: a key is never with two workers at once. Added while it is being processed, it is taken once more after `done`, so what
 *   changed meanwhile is not missed;
 * - every `take` is followed by `done`, whatever came of it; failures come back by `addRateLimited`, successes end with `forget`;
 * - after `shutDown` nothing is added any more, what waits can still be taken, then `take` returns undefined.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff: BackoffPolicy;
  // Sets keep the order of insertion, so this one is both the queue and the test for "already in it".
  readonly #waiting = new Set<ObjectKey>();
  readonly #processing = new Set<ObjectKey>();
  readonly #again = new Set<ObjectKey>();
  readonly #delayed = new Map<ObjectKey, { at: number; cancel: AbortController }>();
  readonly #failures = new Map<ObjectKey, number>();
  #takers: ((key: ObjectKey | undefined) => void)[] = [];
  #closed = false;

  constructor({ clock = systemClock, backoff = defaultBackoff }: WorkQueueOptions = {}) {
    this.#clock = clock;
    this.#backoff = backoff;
  }

  add(key: ObjectKey): void {
    if (this.#closed) return;
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#hand();
  }

  /** Adds the key after `ms`. Of several times for one key the earliest holds. */
  addAfter(key: ObjectKey, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.now() + ms;
    const planned = this.#delayed.get(key);
    if (planned !== undefined && planned.at <= at) return;
    planned?.cancel.abort();
    const cancel = new AbortController();
    const entry = { at, cancel };
    this.#delayed.set(key, entry);
    this.#clock.sleep(ms, cancel.signal).then(
      () => {
        if (this.#delayed.get(key) === entry) this.#delayed.delete(key);
        this.add(key);
      },
      () => {
        // Cancelled: an earlier time was set, or the queue was shut down.
      },
    );
  }

  /** Adds the key after a delay that grows with each call until `forget`. */
  addRateLimited(key: ObjectKey): void {
    if (this.#closed) return;
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    this.addAfter(key, backoffDelay(this.#backoff, failures));
  }

  /** How often the key has been added by addRateLimited since it was forgotten. */
  failures(key: ObjectKey): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: ObjectKey): void {
    this.#failures.delete(key);
  }

  /** The next key, or undefined when the queue has been shut down and is empty. The caller owes a `done`. */
  take(): Promise<ObjectKey | undefined> {
    const key = this.#next();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: ObjectKey): void {
    this.#processing.delete(key);
    if (!this.#again.delete(key)) return;
    this.#waiting.add(key);
    this.#hand();
  }

  stats(): WorkQueueStats {
    return {
      waiting: this.#waiting.size + this.#again.size,
      processing: this.#processing.size,
      delayed: this.#delayed.size,
      failing: this.#failures.size,
    };
  }

  shutDown(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel.abort();
    this.#delayed.clear();
    // Takers wait only while nothing else does.
    for (const taker of this.#takers) taker(undefined);
    this.#takers = [];
  }

  #next(): ObjectKey | undefined {
    const [key] = this.#waiting;
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#processing.add(key);
    return key;
  }

  #hand(): void {
    const taker = this.#takers.shift();
    taker?.(this.#next());
  }
}
