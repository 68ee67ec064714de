// fails at alone: did not come
/**
 * The queue between informers and workers.
 *
 * - fair: keys are taken in the order in which they were added;
 * - stingy: a key that is added many times before it is taken is taken once;
 * - one at a time: a key is never with two workers. Added while a worker has it, it is taken once more after `done`;
 * - every take is followed by done, whatever came of it;
 * - after shutDown nothing is added any more; what waits can still be taken, then take gives undefined. What waits for its time is dropped.
 */
export class WorkQueue {
  readonly #pauses: { initialMs: number; maxMs: number };
  // Sets keep the order of insertion: this one is the queue, and says what is in it.
  readonly #waiting = new Set<string>();
  readonly #taken = new Set<string>();
  /** Added while a worker had them. */
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  /** Pauses of addRateLimited: initialMs, then twice as long with each failure of that key, at most maxMs. */
  constructor(pauses: { initialMs: number; maxMs: number }) {
    this.#pauses = pauses;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (!this.#taken.has(key)) this.#wait(key);
  }

  /** Adds the key after `ms`. Of several times for one key the earliest holds. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    const at = Date.now() + ms;
    const planned = this.#timers.get(key);
    if (planned && planned.at <= at) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, ms);
    this.#timers.set(key, { at, timer });
  }

  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { initialMs, maxMs } = this.#pauses;
    this.addAfter(key, Math.min(initialMs * 2 ** failures, maxMs));
  }

  /** The key has worked: its next failure is its first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key; waits when there is none. */
  take(): Promise<string | undefined> {
    const key = this.#next();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#taken.delete(key);
    if (this.#again.delete(key)) this.#wait(key);
  }

  shutDown(): void {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    // They wait because nothing else does.
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #wait(key: string): void {
    this.#waiting.add(key);
    this.#takers.shift()?.(this.#next());
  }

  #next(): string | undefined {
    const [key] = this.#waiting;
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#taken.add(key);
    return key;
  }
}
