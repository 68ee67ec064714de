import type { Informer } from "../informer/informer.ts";
import { type KubeObject, keyOf, type ObjectKey } from "../object.ts";

/** Something that says which keys need a look. */
export interface KeySource {
  synced(signal: AbortSignal): Promise<void>;
  /** Calls `enqueue` for what is there and for every change; returns the function that ends it. */
  subscribe(enqueue: (key: ObjectKey) => void): () => void;
}

/**
 * The keys that the objects of an informer lead to: their own, unless `keysOf` says otherwise (a pod leads to its owner). After an update the
 * keys of the old state count too: an object that moved from one owner to another concerns both.
 */
export function informerSource<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (object: T) => Iterable<ObjectKey> = (object) => [keyOf(object)],
): KeySource {
  return {
    synced: (signal) => informer.synced(signal),
    subscribe(enqueue) {
      const all = (object: T): void => {
        for (const key of keysOf(object)) enqueue(key);
      };
      return informer.addHandler({
        added: all,
        updated(object, old) {
          for (const key of new Set([...keysOf(old), ...keysOf(object)])) enqueue(key);
        },
        deleted: all,
      });
    },
  };
}
