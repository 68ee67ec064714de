import t from "tap";
import { tcpProxy } from "../etcd/fixtures/tcp-proxy.ts";
import { type Teardown, type TemporaryEtcd, temporaryEtcd } from "../etcd/fixtures/temporary-etcd.ts";
import type { CacheEvent } from "./cache/cache-event.ts";
import { within } from "./fixtures/read-watch.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";
import { startWatchCache, type WatchCache, type WatchCacheOptions } from "./watch-cache.ts";

interface Thing {
  readonly name: string;
  readonly revision: number;
}

function storeOf(t: Teardown, { etcd }: TemporaryEtcd, port?: number): Store {
  const endpoints = port === undefined ? etcd.endpoints : [`https://127.0.0.1:${port}`];
  const store = openStore({ endpoints, tls: etcd.clientTls });
  t.teardown(() => store.close());
  return store;
}

/** Objects are frozen: a consumer that changed one would throw. */
async function cacheOf(t: Teardown, store: Store, options: Partial<WatchCacheOptions<Thing>> = {}) {
  const cache = startWatchCache<Thing>({
    store,
    prefix: "/things/",
    decode: (_key, value, revision) => Object.freeze({ name: JSON.parse(value.toString()), revision }),
    ...options,
  });
  t.teardown(() => cache.close());
  await within(5_000, "the first list", cache.ready());
  return cache;
}

const bytes = (name: string): Buffer => Buffer.from(JSON.stringify(name));

/** The next `count` events of a watch, without progress. */
async function take(watch: AsyncIterator<CacheEvent<Thing>>, count: number): Promise<CacheEvent<Thing>[]> {
  const events: CacheEvent<Thing>[] = [];
  while (events.length < count) {
    const { value, done } = await within(5_000, "the next event", watch.next());
    if (done) throw new Error(`the watch ended after ${events.length} events`);
    if (value.type !== "PROGRESS") events.push(value);
  }
  return events;
}

function watchOf(cache: WatchCache<Thing>, after: number | "now", prefix = ""): AsyncIterator<CacheEvent<Thing>> {
  return cache.watch({ after, prefix }, new AbortController().signal)[Symbol.asyncIterator]();
}

t.test("what is listed, got and watched", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t));
  const b = await store.create("/things/ns2/b", bytes("b"));
  const a = await store.create("/things/ns1/a", bytes("a"));
  const cache = await cacheOf(t, store);
  t.strictSame(
    cache.list().items.map(({ name }) => name),
    ["a", "b"],
  );
  t.equal(cache.revision, a);
  t.strictSame(cache.get("/things/ns1/a"), { name: "a", revision: a });
  t.equal(cache.list("/things/ns2/").items.length, 1);
  t.equal(cache.list("/things/ns").items.length, 2);
  const before = cache.list().items;
  const all = watchOf(cache, "now");
  const ns1 = watchOf(cache, "now", "/things/ns1/");

  const updated = await store.update("/things/ns2/b", bytes("b2"), b);
  const deleted = await store.delete("/things/ns1/a", a);
  const created = await store.create("/things/ns1/c", bytes("c"));
  t.match(await take(all, 3), [
    { type: "MODIFIED", key: "/things/ns2/b", revision: updated, object: { name: "b2" }, previous: { name: "b" } },
    { type: "DELETED", key: "/things/ns1/a", revision: deleted, object: { name: "a", revision: a } },
    { type: "ADDED", key: "/things/ns1/c", revision: created, object: { name: "c" } },
  ]);
  t.match(await take(ns1, 2), [
    { type: "DELETED", revision: deleted },
    { type: "ADDED", revision: created },
  ]);
  await cache.waitFor(created, 1_000);
  t.strictSame(
    cache.list().items.map(({ name }) => name),
    ["c", "b2"],
  );
  t.strictSame(
    before.map(({ name }) => name),
    ["a", "b"],
    "an earlier list has not changed",
  );
  // From a revision of the past, without those before.
  t.match(await take(watchOf(cache, updated), 2), [{ revision: deleted }, { revision: created }]);
});

t.test("many random changes: cache and watchers agree with etcd", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t));
  const cache = await cacheOf(t, store, { historySize: 5_000, maxPending: 5_000 });
  const watch = watchOf(cache, "now");
  const known = new Map<string, number>();
  let last = 0;
  let changes = 0;
  for (let i = 0; i < 600; i++) {
    const key = `/things/${Math.floor(Math.random() * 20)}`;
    const revision = known.get(key);
    if (revision !== undefined && Math.random() < 0.3) {
      last = await store.delete(key, revision);
      known.delete(key);
    } else {
      const value = bytes(`${i}`);
      last = await (revision === undefined ? store.create(key, value) : store.update(key, value, revision));
      known.set(key, last);
    }
    changes++;
  }
  const replica = new Map<string, number>();
  let reached = 0;
  for (const event of await take(watch, changes)) {
    if (event.type === "PROGRESS") continue;
    if (event.revision <= reached) t.fail("out of order");
    reached = event.revision;
    if (event.type === "ADDED" && replica.has(event.key)) t.fail("added twice");
    if (event.type !== "ADDED" && !replica.has(event.key)) t.fail("changed before it was added");
    if (event.type === "DELETED") replica.delete(event.key);
    else replica.set(event.key, event.revision);
  }
  await cache.waitFor(last, 1_000);
  const sorted = (map: Map<string, number>): [string, number][] => [...map].sort(([x], [y]) => (x < y ? -1 : 1));
  t.strictSame(sorted(replica), sorted(known));
  t.strictSame(
    cache.list().items.map(({ revision }) => revision),
    sorted(known).map(([, revision]) => revision),
  );
});

t.test("history is bounded: who comes from too far back is told so", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t));
  let revision = await store.create("/things/a", bytes("0"));
  const cache = await cacheOf(t, store, { historySize: 10 });
  const first = revision;
  for (let i = 1; i <= 15; i++) revision = await store.update("/things/a", bytes(`${i}`), revision);
  await cache.waitFor(revision, 1_000);
  t.throws(() => watchOf(cache, first), { code: "CACHE_EXPIRED" });
  t.throws(() => watchOf(cache, first + 4), { code: "CACHE_EXPIRED" });
  t.equal((await take(watchOf(cache, first + 5), 10)).length, 10);
});

t.test("a consumer that does not keep up is dropped, others are not", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t));
  let revision = await store.create("/things/a", bytes("0"));
  const cache = await cacheOf(t, store, { maxPending: 20 });
  const slow = watchOf(cache, "now");
  const elsewhere = watchOf(cache, "now", "/things/other/");
  const quick = take(watchOf(cache, "now"), 50);
  for (let i = 1; i <= 50; i++) revision = await store.update("/things/a", bytes(`${i}`), revision);
  t.equal((await quick).length, 50);
  await t.rejects(slow.next(), { code: "CACHE_SLOW_CONSUMER" });
  t.strictSame(await slow.next(), { done: true, value: undefined });
  const other = await store.create("/things/other/b", bytes("b"));
  t.match(await take(elsewhere, 1), [{ revision: other }], "what it did not ask for does not count");
  t.equal(cache.stats().watchers, 2);
});

t.test("progress is heard by watchers that have read everything", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t, { progressIntervalMs: 100 }));
  const cache = await cacheOf(t, store);
  const watch = watchOf(cache, "now");
  const elsewhere = await store.create("/elsewhere", bytes("x"));
  let reached = 0;
  while (reached < elsewhere) {
    const { value } = await within(3_000, "progress", watch.next());
    t.equal(value.type, "PROGRESS");
    t.ok(value.revision > reached);
    reached = value.revision;
  }
  await cache.waitFor(elsewhere, 1_000);
  await t.rejects(cache.waitFor(elsewhere + 10, 50), { code: "CACHE_BEHIND" });
});

t.test("a break is not noticed, a compaction during it ends the watches, and the cache is right again", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  let revision = await direct.create("/things/a", bytes("0"));
  await direct.create("/things/gone", bytes("gone"));
  const cache = await cacheOf(t, storeOf(t, temporary, proxy.port));
  const watch = watchOf(cache, "now");

  revision = await direct.update("/things/a", bytes("live"), revision);
  t.match(await take(watch, 1), [{ type: "MODIFIED", revision }]);
  proxy.cutAll();
  revision = await direct.update("/things/a", bytes("1"), revision);
  t.match(await take(watch, 1), [{ type: "MODIFIED", revision }]);
  t.ok(cache.stats().reconnects >= 1);

  proxy.refuse = true;
  proxy.cutAll();
  const next = watch.next();
  const gone = await direct.get("/things/gone");
  await direct.delete("/things/gone", gone?.modRevision ?? 0);
  for (let i = 2; i < 10; i++) revision = await direct.update("/things/a", bytes(`${i}`), revision);
  await direct.compact(revision);
  proxy.refuse = false;
  await t.rejects(within(5_000, "the end", next), { code: "CACHE_EXPIRED" });
  await cache.waitFor(revision, 5_000);
  t.match(cache.list().items, [{ name: "9", revision }]);
  t.equal(cache.stats().relists, 1);
  t.throws(() => watchOf(cache, revision - 1), { code: "CACHE_EXPIRED" });
  revision = await direct.update("/things/a", bytes("10"), revision);
  t.match(await take(watchOf(cache, revision - 1), 1), [{ type: "MODIFIED", revision }]);
});

t.test("a value that cannot be decoded is left out, and comes in when it is put right", async (t) => {
  const store = storeOf(t, await temporaryEtcd(t));
  const bad = await store.create("/things/bad", Buffer.from("{"));
  await store.create("/things/good", bytes("good"));
  const cache = await cacheOf(t, store);
  const watch = watchOf(cache, "now");
  t.equal(cache.get("/things/bad"), undefined);
  t.equal(cache.stats().undecodable, 1);
  const right = await store.update("/things/bad", bytes("right"), bad);
  const wrong = await store.update("/things/bad", Buffer.from("}"), right);
  await store.delete("/things/bad", wrong);
  const end = await store.create("/things/end", bytes("end"));
  t.match(await take(watch, 3), [
    { type: "ADDED", revision: right },
    { type: "DELETED", revision: wrong, object: { name: "right" } },
    { type: "ADDED", revision: end },
  ]);
  t.equal(cache.stats().undecodable, 0);
});

t.test("an event that does not follow from what is known is taken for a loss", async (t) => {
  const real = storeOf(t, await temporaryEtcd(t));
  const first = await real.create("/things/a", bytes("0"));
  let dropped = 0;
  // A store that loses one event, as etcd 3.4 has been seen to do.
  const lossy: Store = {
    ...real,
    watch(prefix, after, signal) {
      const watch = real.watch(prefix, after, signal);
      async function* run() {
        for await (const batch of watch) {
          const kept = batch.events.filter((event) => event.revision !== first + 2);
          dropped += batch.events.length - kept.length;
          yield { ...batch, events: kept };
        }
      }
      return { reconnects: 0, [Symbol.asyncIterator]: run };
    },
  };
  const cache = await cacheOf(t, lossy);
  const watch = watchOf(cache, "now");
  let revision = await real.update("/things/a", bytes("1"), first);
  t.match(await take(watch, 1), [{ revision }]);
  for (let i = 2; i <= 3; i++) revision = await real.update("/things/a", bytes(`${i}`), revision);
  await t.rejects(take(watch, 1), { code: "CACHE_EXPIRED" });
  await cache.waitFor(revision, 2_000);
  t.equal(dropped, 1);
  t.match(cache.list().items, [{ name: "3" }]);
});

t.test("etcd is away at the start; close ends everything", async (t) => {
  const temporary = await temporaryEtcd(t);
  let cache: WatchCache<Thing> | undefined;
  await temporary.restart(async () => {
    cache = startWatchCache<Thing>({
      store: storeOf(t, temporary),
      prefix: "/things/",
      decode: (_key, value, revision) => ({ name: value.toString(), revision }),
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  if (!cache) throw new Error("no cache");
  await within(5_000, "the first list", cache.ready());
  const abort = new AbortController();
  const aborted = cache.watch({ after: "now" }, abort.signal)[Symbol.asyncIterator]();
  const open = watchOf(cache, "now");
  const [one, two] = [aborted.next(), open.next()];
  abort.abort();
  t.strictSame(await within(1_000, "the end", one), { done: true, value: undefined });
  const waiting = cache.waitFor(1_000_000, 10_000);
  const closing = cache.close();
  t.strictSame(await within(1_000, "the end", two), { done: true, value: undefined });
  await t.rejects(waiting, { code: "CACHE_CLOSED" });
  await within(1_000, "the end", closing);
  t.throws(() => watchOf(cache as WatchCache<Thing>, "now"), { code: "CACHE_CLOSED" });
});
