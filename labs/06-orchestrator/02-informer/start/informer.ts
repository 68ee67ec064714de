import type { Client, KubeObject, ResourceType } from "@drydock/machinery";

export interface Handler<T> {
  added(object: T): void;
  updated(object: T): void;
  /** The object as it was last. */
  deleted(object: T): void;
}

/**
 * A cache of the objects of one namespace, kept up to date by one list and one watch, and a source of events.
 *
 * - It never ends by itself. After a failure it tries again, with pauses of 50 ms that double up to 2 s.
 * - It goes on where it was; only when the server has forgotten that revision (API_EXPIRED) it lists again, and tells what differs.
 * - The cache is never behind what a handler is told. A handler that is added later is told all that is there as added, before anything else.
 */
export interface Informer<T> {
  get(name: string): T | undefined;
  list(): T[];
  addHandler(handler: Handler<T>): void;
  /** When the first list is in the cache and handlers have been told. */
  synced(): Promise<void>;
  /** No watch is open and no handler is called after it resolves. */
  stop(): Promise<void>;
}

export function startInformer<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  namespace: string,
): Informer<T> {
  const cache = new Map<string, T>();
  const handlers: Handler<T>[] = [];

  async function run(): Promise<void> {
    for await (const event of client.watch(type, { namespace })) {
      if (event.type === "BOOKMARK") continue;
      for (const handler of handlers) {
        if (event.type === "DELETED") handler.deleted(event.object);
        else handler.added(event.object);
      }
      cache.set(event.object.metadata.name, event.object);
    }
  }

  const running = run();
  return {
    get: (name) => cache.get(name),
    list: () => [...cache.values()],
    addHandler: (handler) => {
      handlers.push(handler);
    },
    synced: () => Promise.resolve(),
    stop: () => running,
  };
}
