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
  readonly #keys: string[] = [];

  /** Pauses of addRateLimited: initialMs, then twice as long with each failure of that key, at most maxMs. */
  constructor(pauses: { initialMs: number; maxMs: number }) {
    console.error(`pauses are not used yet: ${JSON.stringify(pauses)}`);
  }

  add(key: string): void {
    this.#keys.push(key);
  }

  /** Adds the key after `ms`. Of several times for one key the earliest holds. */
  addAfter(key: string, _ms: number): void {
    this.add(key);
  }

  addRateLimited(key: string): void {
    this.add(key);
  }

  /** The key has worked: its next failure is its first. */
  forget(_key: string): void {}

  /** The next key; waits when there is none. */
  async take(): Promise<string | undefined> {
    return this.#keys.shift();
  }

  done(_key: string): void {}

  shutDown(): void {}
}
