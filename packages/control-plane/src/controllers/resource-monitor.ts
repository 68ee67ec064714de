import { type Clock, type Logger, messageOf } from "@drydock/kit";
import { type Client, CustomResourceDefinition, type KubeObject, type ResourceType } from "@drydock/machinery";
import { discoverTypes, type ServedType, typeKey } from "./resource-types.ts";
import type { SharedInformers } from "./shared-informers.ts";

/** Who hears of every object of every kind. */
export interface MonitorHandler {
  set(type: ResourceType, object: KubeObject): void;
  gone(type: ResourceType, object: KubeObject): void;
  /** A kind has been added at run time, and all objects of it have been heard of. */
  kindAdded?(): void;
}

/** Kinds that own nothing and are owned by nothing, and of which there are many. */
const ignored: ReadonlySet<string> = new Set(["/events", "events.k8s.io/events"]);

export interface MonitorOptions {
  client: Client;
  informers: SharedInformers;
  clock: Clock;
  logger: Logger;
  /** How often the API server is asked for new kinds (ms). */
  refreshMs: number;
}

/**
 * Follows all objects of all kinds that can be listed, watched and deleted. Kinds that are added at run time are found by asking again: when a definition
 * changes, and from time to time.
 */
export class ResourceMonitor {
  readonly #options: MonitorOptions;
  readonly #handlers = new Set<MonitorHandler>();
  readonly #watched = new Map<string, { type: ServedType; unsubscribe: () => void }>();
  readonly #stopping = new AbortController();
  #types: readonly ServedType[] = [];
  readonly #running: Promise<void>;
  #wake: () => void = () => {};
  readonly #first = Promise.withResolvers<void>();

  constructor(options: MonitorOptions) {
    this.#options = options;
    // Nobody may be waiting when it is stopped before.
    this.#first.promise.catch(() => {});
    this.#running = this.#run();
  }

  /** Every kind that was served when last asked. */
  get types(): readonly ServedType[] {
    return this.#types;
  }

  /**
   * Returns the function that removes the handler. One that must hear of all objects is added in the same turn as the constructor is called,
   * before the first can arrive.
   */
  addHandler(handler: MonitorHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Resolves when all objects of the kinds found first have been heard of. */
  synced(): Promise<void> {
    return this.#first.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const { unsubscribe } of this.#watched.values()) unsubscribe();
  }

  async #run(): Promise<void> {
    const { clock, logger, refreshMs, informers } = this.#options;
    const { signal } = this.#stopping;
    const wake = () => this.#wake();
    const unsubscribe = informers
      .of(CustomResourceDefinition)
      .addHandler({ added: wake, updated: wake, deleted: wake });
    signal.addEventListener("abort", unsubscribe);
    let synced = false;
    while (!signal.aborted) {
      // Before the question is asked: what changes meanwhile is asked for again.
      const nap = new AbortController();
      this.#wake = () => nap.abort();
      try {
        await this.#refresh(signal, synced);
        if (!synced) {
          const informers = [...this.#watched.values()].map(({ type }) => this.#options.informers.of(type));
          await Promise.all(informers.map((informer) => informer.synced(signal)));
          this.#first.resolve();
          synced = true;
        }
      } catch (error) {
        if (!signal.aborted) logger.warn({ error: messageOf(error) }, "discovery failed and is tried again");
      }
      try {
        await clock.sleep(synced ? refreshMs : Math.min(200, refreshMs), AbortSignal.any([signal, nap.signal]));
      } catch {
        // Stopped while it slept, which the loop sees, or woken by a definition.
      }
    }
    this.#first.reject(signal.reason);
  }

  /** `later`: the kinds found first have been heard of. */
  async #refresh(signal: AbortSignal, later: boolean): Promise<void> {
    const { client, informers, logger } = this.#options;
    this.#types = await discoverTypes(client, signal);
    const wanted = new Map(
      this.#types
        .filter((type) => !ignored.has(typeKey(type)))
        .filter(({ verbs }) => ["list", "watch", "delete"].every((verb) => verbs.includes(verb)))
        .map((type) => [typeKey(type), type]),
    );
    for (const [key, type] of wanted) {
      if (this.#watched.has(key)) continue;
      const set = (object: KubeObject) => this.#tell((handler) => handler.set(type, object));
      const gone = (object: KubeObject) => this.#tell((handler) => handler.gone(type, object));
      const unsubscribe = informers.of(type).addHandler({
        added: set,
        updated(object, old) {
          // The name was given to another object in between.
          if (old.metadata.uid !== object.metadata.uid) gone(old);
          set(object);
        },
        deleted: gone,
      });
      this.#watched.set(key, { type, unsubscribe });
      if (!later) continue;
      informers
        .of(type)
        .synced(signal)
        .then(() => this.#tell((handler) => handler.kindAdded?.()))
        // Stopped before.
        .catch(() => {});
    }
    for (const [key, { type, unsubscribe }] of this.#watched) {
      if (wanted.has(key)) continue;
      logger.info({ group: type.group, plural: type.plural }, "kind is no longer served");
      unsubscribe();
      this.#watched.delete(key);
      for (const object of informers.of(type).list()) this.#tell((handler) => handler.gone(type, object));
      await informers.drop(type);
    }
  }

  #tell(call: (handler: MonitorHandler) => void): void {
    for (const handler of this.#handlers) call(handler);
  }
}
