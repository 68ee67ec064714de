interface Waiter {
  revision: number;
  timer: NodeJS.Timeout;
  resolve(): void;
  reject(error: unknown): void;
}

/** Those who wait for a cache to reach a revision. */
export class RevisionWaiters {
  #waiters = new Set<Waiter>();

  /** Rejects with `late()` after `timeoutMs`. */
  wait(revision: number, timeoutMs: number, late: () => Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(late());
      }, timeoutMs);
      const waiter: Waiter = { revision, timer, resolve, reject };
      this.#waiters.add(waiter);
    });
  }

  reached(revision: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#remove(waiter);
      waiter.resolve();
    }
  }

  fail(error: unknown): void {
    for (const waiter of [...this.#waiters]) {
      this.#remove(waiter);
      waiter.reject(error);
    }
  }

  #remove(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
  }
}
