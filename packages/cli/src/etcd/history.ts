import type { Store, StoredValue } from "@drydock/control-plane";
import { hasCode } from "@drydock/kit";
import { type Change, changesBetween } from "./changes-between.ts";

/** One revision of a key. */
export interface Entry {
  revision: number;
  what: "created" | "changed" | "deleted" | "there before";
  /** Undefined for what cannot be read: Secrets are encrypted. */
  object?: unknown;
  changes: Change[];
  bytes: number;
}

/**
 * Everything that etcd still knows of a key, oldest first: what it was when history begins, and each write since. Reads etcd itself, not the API server,
 * which shows objects as they are now.
 */
export async function historyOf(store: Store, key: string, signal: AbortSignal): Promise<Entry[]> {
  const { revision: now } = await store.list(key, { limit: 1 });
  const begin = await beginningOf(store, key, now, signal);
  const entries: Entry[] = [];
  let state: unknown;
  const add = (revision: number, what: Entry["what"], value: Buffer | undefined): void => {
    const object = value && read(value);
    const changes = what === "changed" ? changesBetween(state, object) : [];
    entries.push({ revision, what, ...(object === undefined ? {} : { object }), changes, bytes: value?.length ?? 0 });
    state = object;
  };
  const first = begin > 0 ? await at(store, key, begin) : undefined;
  if (first)
    add(first.modRevision, first.modRevision === first.createRevision ? "created" : "there before", first.value);
  // A key that is there was written last at a revision that is known; of one that is gone, etcd must first say that nothing more comes.
  const last = (await store.get(key))?.modRevision ?? now;
  if (begin >= last) return entries;
  const done = new AbortController();
  for await (const { revision, events } of store.watch(key, begin, AbortSignal.any([signal, done.signal]))) {
    for (const event of events) {
      if (event.key !== key) continue;
      if (event.type === "delete") add(event.revision, "deleted", undefined);
      else add(event.revision, event.createRevision === event.revision ? "created" : "changed", event.value);
    }
    if (revision >= last) done.abort();
  }
  return entries;
}

/** The revision that history begins at: what is before it has been compacted. etcd does not tell a reader, but refuses what is gone: found by halving. */
async function beginningOf(store: Store, key: string, now: number, signal: AbortSignal): Promise<number> {
  if (await canRead(store, key, 1)) return 0;
  let gone = 1;
  let kept = now;
  while (kept - gone > 1) {
    signal.throwIfAborted();
    const middle = Math.floor((gone + kept) / 2);
    if (await canRead(store, key, middle)) kept = middle;
    else gone = middle;
  }
  return kept;
}

async function canRead(store: Store, key: string, revision: number): Promise<boolean> {
  try {
    await store.list(key, { revision, limit: 1 });
    return true;
  } catch (error) {
    if (hasCode(error, "STORE_COMPACTED")) return false;
    throw error;
  }
}

async function at(store: Store, key: string, revision: number): Promise<StoredValue | undefined> {
  const { items } = await store.list(key, { revision });
  return items.find((item) => item.key === key);
}

function read(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    // Encrypted, or not one of ours: its size is all that can be said.
    return undefined;
  }
}
