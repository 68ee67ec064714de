import {
  type BackoffPolicy,
  backoffDelay,
  hasCode,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
} from "@drydock/kit";
import { failure } from "../../errors.ts";
import type { StoreBatch, StoreEvent, StoreWatch } from "../store.ts";
import type { WatchCache, WatchCacheOptions, WatchCacheStats } from "../watch-cache.ts";
import type { CacheChange } from "./cache-event.ts";
import { CacheWatcher } from "./cache-watcher.ts";
import { changeOf, follows } from "./changes.ts";
import { EventHistory } from "./event-history.ts";
import { type IndexEntry, ObjectIndex } from "./object-index.ts";
import { RevisionWaiters } from "./revision-waiters.ts";

const RETRY: BackoffPolicy = { initialMs: 50, maxMs: 2_000, jitter: 0.5 };
/**
 * The limit on a list grows with each failure. On a machine that is too busy to connect within the first one, giving up and connecting again is all
 * that it would ever do: dozens of caches start at once.
 */
const LIST_WITHIN: BackoffPolicy = { initialMs: 5_000, maxMs: 60_000 };
/** Values decoded, or events applied, at most, before others on the event loop get their turn. */
const SLICE = 100;
/** Watchers that read all hear how far they are at most this often while other keys change, ms. */
const ANNOUNCE_MS = 1_000;

/** The one implementation of WatchCache. */
export class SharedWatchCache<T> implements WatchCache<T> {
  readonly #options: WatchCacheOptions<T>;
  readonly #logger: Logger;
  readonly #maxPending: number;
  /** Events applied between two pauses: a watcher that keeps up must not be dropped for one large batch. */
  readonly #slice: number;
  readonly #index = new ObjectIndex<T>();
  readonly #history: EventHistory<CacheChange<T>>;
  readonly #watchers = new Set<CacheWatcher<T>>();
  readonly #waiters = new RevisionWaiters();
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #revision = 0;
  #announced = 0;
  #announcedAt = 0;
  #lastHeardAt = 0;
  #lists = 0;
  #pastReconnects = 0;
  #storeWatch: StoreWatch | undefined;

  constructor(options: WatchCacheOptions<T>) {
    this.#options = options;
    this.#logger = (options.logger ?? silentLogger).child({ part: "watch-cache", prefix: options.prefix });
    const historySize = options.historySize ?? 2048;
    this.#history = new EventHistory(historySize, 0);
    this.#maxPending = Math.min(options.maxPending ?? 1024, historySize);
    this.#slice = Math.min(SLICE, Math.ceil(this.#maxPending / 2));
    // Nobody may be waiting for it when it is closed before it was ready.
    this.#ready.promise.catch(() => {});
    this.#running = this.#run();
  }

  get revision(): number {
    return this.#revision;
  }

  ready(): Promise<void> {
    return this.#ready.promise;
  }

  get(key: string): T | undefined {
    return this.#index.get(key)?.object;
  }

  list(prefix = ""): { revision: number; items: readonly T[] } {
    const all = this.#options.prefix.startsWith(prefix);
    return { revision: this.#revision, items: this.#index.list(all ? "" : prefix) };
  }

  waitFor(revision: number, timeoutMs: number): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closedError());
    if (this.#lists > 0 && revision <= this.#revision) return Promise.resolve();
    return this.#waiters.wait(revision, timeoutMs, () =>
      failure(
        "CACHE_BEHIND",
        `${this.#options.prefix} is at revision ${this.#revision} after ${timeoutMs} ms, not ${revision}`,
      ),
    );
  }

  watch({ prefix = "", after }: { prefix?: string; after: number | "now" }, signal: AbortSignal): CacheWatcher<T> {
    if (this.#closing.signal.aborted) throw this.#closedError();
    const from = after === "now" ? this.#revision : after;
    const place = this.#history.placeAfter(from);
    if (place === undefined) throw this.#expired(`events after revision ${from} are no longer held`);
    const end = (): void => watcher.end();
    const watcher = new CacheWatcher<T>({
      history: this.#history,
      prefix,
      after: from,
      place,
      maxPending: this.#maxPending,
      announced: () => this.#announced,
      onEnd: () => {
        this.#watchers.delete(watcher);
        signal.removeEventListener("abort", end);
      },
    });
    this.#watchers.add(watcher);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) watcher.end();
    return watcher;
  }

  stats(): WatchCacheStats {
    return {
      objects: this.#index.size,
      undecodable: this.#index.undecodable,
      watchers: this.#watchers.size,
      lastHeardAt: this.#lastHeardAt,
      reconnects: this.#pastReconnects + (this.#storeWatch?.reconnects ?? 0),
      relists: Math.max(0, this.#lists - 1),
    };
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) {
      this.#closing.abort();
      this.#ready.reject(this.#closedError());
      this.#waiters.fail(this.#closedError());
      for (const watcher of [...this.#watchers]) watcher.end();
    }
    await this.#running;
  }

  /** List, watch from there; again when the watch cannot go on. Never gives up. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#load(backoffDelay(LIST_WITHIN, failures + 1));
        failures = 0;
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const delayMs = backoffDelay(RETRY, failures);
        const unreachable = hasCode(error, "STORE_UNAVAILABLE");
        const fields = { error: messageOf(error), delayMs, revision: this.#revision };
        if (unreachable) this.#logger.warn(fields, "etcd is away, listing again later");
        else this.#logger.error(fields, "watch ended, listing again");
        if (!unreachable) this.#expireWatchers(error);
        await systemClock.sleep(delayMs, signal).catch(ignoreAbort);
      }
    }
  }

  async #load(timeoutMs: number): Promise<void> {
    const { revision, items } = await this.#options.store.list(this.#options.prefix, { timeoutMs });
    const entries: IndexEntry<T>[] = [];
    for (const { key, value, modRevision } of items) {
      entries.push({ key, modRevision, object: this.#decode(key, value, modRevision) });
      if (entries.length % SLICE === 0) await turn();
    }
    if (this.#closing.signal.aborted) return;
    // Watchers of before cannot be told what happened in between.
    this.#expireWatchers(undefined);
    this.#index.replace(entries);
    this.#history.restart(revision);
    this.#lists++;
    this.#heard(revision, true);
    this.#ready.resolve();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const watch = this.#options.store.watch(this.#options.prefix, this.#revision, signal);
    this.#storeWatch = watch;
    try {
      for await (const batch of watch) await this.#apply(batch);
    } finally {
      this.#pastReconnects += watch.reconnects;
      this.#storeWatch = undefined;
    }
  }

  /** Takes a batch revision by revision, so that nobody sees part of one, with pauses between revisions for others. */
  async #apply({ revision, events }: StoreBatch): Promise<void> {
    let since = 0;
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as StoreEvent;
      this.#applyEvent(event);
      since++;
      const next = events[i + 1];
      if (next?.revision === event.revision) continue;
      if (next !== undefined && since >= this.#slice) {
        this.#heard(event.revision);
        since = 0;
        await turn();
      }
    }
    this.#heard(revision, events.length === 0);
  }

  #applyEvent(event: StoreEvent): void {
    const { key, revision } = event;
    const entry = this.#index.get(key);
    if (!follows(event, entry)) {
      throw failure("CACHE_EXPIRED", `the event of ${key} at revision ${revision} does not follow from what is known`, {
        details: { key, revision, known: entry?.modRevision, previous: event.previousRevision },
      });
    }
    const object = event.type === "put" ? this.#decode(key, event.value, revision) : undefined;
    if (event.type === "put") this.#index.set({ key, modRevision: revision, object });
    else this.#index.delete(key);
    const change = changeOf(key, revision, entry?.object, object);
    if (change) this.#history.append(change);
  }

  /** Everything up to `revision` is in: tell those who wait. */
  #heard(revision: number, announce = false): void {
    this.#revision = revision;
    this.#lastHeardAt = Date.now();
    if (announce || this.#lastHeardAt - this.#announcedAt >= ANNOUNCE_MS) {
      this.#announced = revision;
      this.#announcedAt = this.#lastHeardAt;
    }
    this.#waiters.reached(revision);
    for (const watcher of this.#watchers) watcher.wake();
  }

  #decode(key: string, value: Buffer, modRevision: number): T | undefined {
    try {
      return this.#options.decode(key, value, modRevision);
    } catch (error) {
      // One unreadable value must not stop everything else; stats().undecodable shows it.
      this.#logger.error(
        { key, modRevision, error: messageOf(error) },
        "a stored value cannot be decoded, leaving it out",
      );
      return undefined;
    }
  }

  #expireWatchers(cause: unknown): void {
    for (const watcher of [...this.#watchers]) watcher.end(this.#expired("the history was compacted", cause));
  }

  #expired(why: string, cause?: unknown): Error {
    return failure("CACHE_EXPIRED", `${this.#options.prefix}: ${why}`, {
      cause,
      hint: "list again and watch from the revision of the list",
      details: { oldestAfter: this.#history.oldestAfter, revision: this.#revision },
    });
  }

  #closedError(): Error {
    return failure("CACHE_CLOSED", `the cache of ${this.#options.prefix} is closed`);
  }
}

/** Lets everything else that is ready run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The loop's condition sees the abort. */
function ignoreAbort(): void {}
