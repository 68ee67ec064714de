import {
  type BackoffPolicy,
  backoffDelay,
  type Clock,
  hasCode,
  type Logger,
  messageOf,
  silentLogger,
  systemClock,
} from "@drydock/kit";
import type { Client, WatchEvent } from "../client/client.ts";
import { failure } from "../errors.ts";
import type { ResourceType } from "../kind.ts";
import { type KubeObject, keyOf } from "../object.ts";
import { Handlers } from "./handlers.ts";
import { IndexedCache, type Indexer } from "./indexed-cache.ts";
import type { Informer, InformerHealth } from "./informer.ts";

export interface InformerOptions<T extends KubeObject> {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Name -> the values that an object is found under. */
  indexers?: Readonly<Record<string, Indexer<T>>>;
  logger?: Logger;
  clock?: Clock;
  /** Delays after failures; quick at first, because most outages are restarts. */
  backoff?: BackoffPolicy;
  /** See WatchOptions. */
  idleTimeoutMs?: number | undefined;
}

const defaultBackoff: BackoffPolicy = { initialMs: 50, maxMs: 5000, jitter: 0.5 };
/** Lists come in pages of so many objects, so that neither side holds one huge answer. */
const PAGE = 1000;
/** A watch that the server ends sooner than this without an event counts as a failure: do not hammer. */
const SHORT_WATCH_MS = 1000;

/** Starts an informer; see Informer for its contract. */
export function startInformer<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  options: InformerOptions<T> = {},
): Informer<T> {
  const { clock = systemClock, backoff = defaultBackoff, indexers = {} } = options;
  const { namespace, labelSelector, fieldSelector, idleTimeoutMs } = options;
  const scope = { namespace, labelSelector, fieldSelector };
  const logger = (options.logger ?? silentLogger).child({ informer: type.plural });
  const cache = new IndexedCache<T>(indexers);
  const handlers = new Handlers<T>(logger);
  const stopping = new AbortController();
  const { signal } = stopping;
  const firstSync = Promise.withResolvers<void>();
  // Nobody may be waiting when it is stopped.
  firstSync.promise.catch(() => {});

  let revision: string | undefined;
  let watches = 0;
  const health: InformerHealth = {
    synced: false,
    watching: false,
    revision: undefined,
    objects: 0,
    lastEvent: undefined,
    lastBookmark: undefined,
    lists: 0,
    reconnects: 0,
    failures: 0,
    lastError: undefined,
  };

  /** Brings the cache to the state of a new list. */
  async function relist(): Promise<void> {
    const items: T[] = [];
    let next: string | undefined;
    let listed: string;
    do {
      const page = await client.list(type, { ...scope, limit: PAGE, continue: next, signal });
      items.push(...page.items);
      next = page.metadata.continue || undefined;
      listed = page.metadata.resourceVersion;
    } while (next !== undefined);
    const gone = new Set(cache.keys());
    for (const item of items) {
      gone.delete(keyOf(item));
      put(item);
    }
    for (const key of gone) remove(key, true);
    revision = listed;
    health.lists += 1;
    if (!health.synced) {
      health.synced = true;
      firstSync.resolve();
    }
  }

  function put(object: T): void {
    const old = cache.set(object);
    if (old === undefined) handlers.added(object);
    else if (isOther(old, object)) handlers.updated(object, old);
  }

  function remove(key: string, missed: boolean, last?: T): void {
    const old = cache.delete(key);
    if (old !== undefined) handlers.deleted(last ?? old, missed);
  }

  function apply(event: WatchEvent<T>): void {
    revision = event.object.metadata.resourceVersion;
    if (event.type === "BOOKMARK") {
      health.lastBookmark = clock.now();
      return;
    }
    health.lastEvent = clock.now();
    if (event.type === "DELETED") remove(keyOf(event.object), false, event.object);
    else put(event.object);
  }

  async function follow(): Promise<void> {
    const opened = clock.now();
    let events = 0;
    if (watches > 0) health.reconnects += 1;
    watches += 1;
    health.watching = true;
    try {
      const watch = client.watch(type, {
        ...scope,
        resourceVersion: revision,
        allowWatchBookmarks: true,
        idleTimeoutMs,
        signal,
      });
      for await (const event of watch) {
        if (signal.aborted) return;
        events += 1;
        worked();
        apply(event);
      }
    } finally {
      health.watching = false;
    }
    if (signal.aborted) return;
    if (events === 0 && clock.now() - opened < SHORT_WATCH_MS) await retryLater();
    else worked();
  }

  function worked(): void {
    if (health.failures > 0) logger.info({ failures: health.failures }, "informer works again");
    health.failures = 0;
  }

  async function retryLater(): Promise<void> {
    health.failures += 1;
    try {
      await clock.sleep(backoffDelay(backoff, health.failures), signal);
    } catch {
      // Woken by stop; the loop sees it.
    }
  }

  async function failed(error: unknown): Promise<void> {
    const code = hasCode(error) ? error.code : undefined;
    health.lastError = { at: clock.now(), code, message: messageOf(error) };
    if (code === "API_WATCH_IDLE") {
      // Perhaps the server just had nothing to say: a new connection costs little and shows whether it is still there.
      logger.debug({ error: messageOf(error) }, "informer watches anew after silence");
      return;
    }
    if (code === "API_EXPIRED") {
      revision = undefined;
      logger.info({ error: messageOf(error) }, "informer lists again");
      // The first time at once; a server that answers every list with a revision that is already gone is no reason to spin.
      if (health.failures === 0) {
        health.failures += 1;
        return;
      }
    } else {
      logger.warn({ code, error: messageOf(error), failures: health.failures + 1 }, "informer failed and tries again");
    }
    await retryLater();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (revision === undefined) await relist();
        await follow();
      } catch (error) {
        if (!signal.aborted) await failed(error);
      }
    }
    firstSync.reject(failure("INFORMER_STOPPED", `the informer of ${type.plural} was stopped before its first list`));
  }

  const running = run();

  return {
    type,
    get: (key) => cache.get(key),
    list: (only) =>
      only === undefined ? cache.values() : cache.values().filter(({ metadata }) => metadata.namespace === only),
    byIndex: (index, value) => cache.byIndex(index, value),
    addHandler: (handler) => handlers.add(handler, cache.values()),
    synced: (waitSignal) => (waitSignal ? orAborted(firstSync.promise, waitSignal) : firstSync.promise),
    health: () => ({ ...health, revision, objects: cache.size }),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Objects without a resourceVersion (from a test) always count as changed. */
function isOther(old: KubeObject, object: KubeObject): boolean {
  const { resourceVersion } = object.metadata;
  return resourceVersion === undefined || resourceVersion !== old.metadata.resourceVersion;
}

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
