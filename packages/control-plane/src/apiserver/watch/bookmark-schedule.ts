/** How long a watcher that asked for bookmarks may be without a word, ms; informers take 90 s for a dead connection. */
const everyMs = 45_000;

interface Entry {
  dueAt: number;
  send(): void;
}

/**
 * Bookmarks for watchers to whom nothing has been sent for a while: they see that the connection is alive, and resume
 * from a revision that is not old. One timer for all of them, and only while there are any.
 */
export class BookmarkSchedule {
  readonly #everyMs: number;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** `send` is called when `sent` has not been called for so long. `end` must be called when the watch is over. */
  add(send: () => void): { sent(): void; end(): void } {
    const entry = { dueAt: Date.now() + this.#everyMs, send };
    this.#entries.add(entry);
    // A server that closes does not wait for it.
    this.#timer ??= setInterval(() => this.#tick(), this.#everyMs / 3).unref();
    return {
      sent: () => {
        entry.dueAt = Date.now() + this.#everyMs;
      },
      end: () => {
        this.#entries.delete(entry);
        if (this.#entries.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  #tick(): void {
    const now = Date.now();
    for (const entry of this.#entries) {
      if (now < entry.dueAt) continue;
      entry.dueAt = now + this.#everyMs;
      entry.send();
    }
  }
}

export const idleBookmarks = new BookmarkSchedule(everyMs);
