import { rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import t from "tap";
import { tcpProxy } from "../../etcd/fixtures/tcp-proxy.ts";
import { type TemporaryEtcd, temporaryEtcd } from "../../etcd/fixtures/temporary-etcd.ts";
import { readWatch, within } from "../fixtures/read-watch.ts";
import { openStore } from "../open-store.ts";
import type { Store, StoreBatch } from "../store.ts";

function storeOf(t: { teardown(end: () => unknown): void }, { etcd }: TemporaryEtcd, port?: number): Store {
  const endpoints = port === undefined ? etcd.endpoints : [`https://127.0.0.1:${port}`];
  const store = openStore({ endpoints, tls: etcd.clientTls });
  t.teardown(() => store.close());
  return store;
}

/** Writes `count` revisions of 0.5 kB, 64 at a time, and returns what a watch must show: revision -> key. */
async function writeRevisions(store: Store, prefix: string, count: number): Promise<Map<number, string>> {
  const written = new Map<number, string>();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const key = `${prefix}${String(next++).padStart(6, "0")}`;
      written.set(await store.create(key, Buffer.alloc(500, "x")), key);
    }
  };
  await Promise.all(Array.from({ length: 64 }, writer));
  return written;
}

t.test("a stream that is cut again and again while it catches up loses nothing and repeats nothing", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const written = await writeRevisions(direct, "/r/", 4_200);
  const last = Math.max(...written.keys());

  const proxy = await tcpProxy(t, temporary.port);
  // etcd sends 1000 revisions, 0.6 MB, at a time: each connection brings one such message and a part of the next.
  proxy.cutAfter = 900_000;
  const cut = storeOf(t, temporary, proxy.port);
  const watch = cut.watch("/r/", 0, new AbortController().signal);
  const events = await within(
    20_000,
    "catching up",
    readWatch(watch, 0, () => last),
  );

  t.ok(proxy.cuts >= 3, `the stream was cut ${proxy.cuts} times`);
  t.ok(watch.reconnects >= 3, `the watch was resumed ${watch.reconnects} times`);
  const expected = [...written].sort(([a], [b]) => a - b);
  t.strictSame(
    events.map((event) => [event.revision, event.key]),
    expected,
  );
});

t.test("events that come while the stream breaks are neither lost nor repeated", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  const watch = storeOf(t, temporary, proxy.port).watch("/r/", 0, new AbortController().signal);
  let last = Number.POSITIVE_INFINITY;
  const reading = readWatch(watch, 0, () => last);
  const breaking = setInterval(() => proxy.cutAll(), 60);
  t.teardown(() => clearInterval(breaking));
  const keys: string[] = [];
  // At least 1000 events and five breaks.
  for (let i = 0; i < 1_000 || watch.reconnects < 5; i++) {
    const key = `/r/${i % 10}`;
    const found = await direct.get(key);
    if (found === undefined) await direct.create(key, Buffer.from(String(i)));
    else await direct.update(key, Buffer.from(String(i)), found.modRevision);
    keys.push(key);
  }
  clearInterval(breaking);
  last = await direct.create("/r/end", Buffer.from(String(keys.length)));
  keys.push("/r/end");
  const events = await within(20_000, "reading", reading);
  t.strictSame(
    events.map(({ key }) => key),
    keys,
  );
  t.strictSame(
    events.map((event) => (event.type === "put" ? Number(event.value.toString()) : -1)),
    keys.map((_, i) => i),
  );
  t.ok(
    events.slice(10, -1).every((event, i) => Number(event.previous?.toString()) === i),
    "each event has the value before it",
  );
});

t.test("a transaction of many keys is in one batch, also when etcd splits its answers", async (t) => {
  const temporary = await temporaryEtcd(t);
  // 16 transactions of 100 keys of 5 kB: 8 MB, 16 MB with the values before, in one answer, cut every 1.5 MB.
  const transactions = 16;
  for (let n = 0; n < transactions; n++) {
    await temporary.raw.kv.txn({
      success: Array.from({ length: 100 }, (_, i) => ({
        request_put: { key: Buffer.from(`/m/${i}`), value: Buffer.alloc(5_000, n) },
      })),
    });
  }
  const proxy = await tcpProxy(t, temporary.port);
  proxy.cutAfter = 6_000_000;
  const watch = storeOf(t, temporary, proxy.port).watch("/m/", 0, new AbortController().signal);
  const batches: StoreBatch[] = [];
  const collect = async (): Promise<void> => {
    for await (const batch of watch) {
      batches.push(batch);
      if (batch.revision >= 1 + transactions) break;
    }
  };
  await within(20_000, "catching up", collect());
  t.ok(proxy.cuts >= 1, `the stream was cut ${proxy.cuts} times`);
  t.ok(batches.length > 5, `the answers were split: ${batches.length} batches`);
  const seen = new Map<number, number>();
  for (const batch of batches) {
    const inBatch = Map.groupBy(batch.events, (event) => event.revision);
    for (const [revision, events] of inBatch) {
      if (seen.has(revision)) t.fail(`revision ${revision} is in two batches`);
      seen.set(revision, new Set(events.map((event) => event.key)).size);
    }
  }
  t.strictSame(
    [...seen.keys()],
    Array.from({ length: transactions }, (_, n) => n + 2),
  );
  t.ok([...seen.values()].every((keys) => keys === 100));
});

t.test("a compaction that passes the reader during a break ends the watch", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  const first = await direct.create("/c/a", Buffer.from("0"));
  const watch = storeOf(t, temporary, proxy.port).watch("/c/", 0, new AbortController().signal);
  const batches = watch[Symbol.asyncIterator]();
  t.equal((await batches.next()).value?.revision, first);

  proxy.refuse = true;
  proxy.cutAll();
  const next = batches.next();
  let revision = first;
  for (let i = 0; i < 20; i++) revision = await direct.update("/c/a", Buffer.from(String(i)), revision);
  await direct.compact(revision - 5);
  proxy.refuse = false;
  await t.rejects(within(5_000, "the end", next), { code: "STORE_COMPACTED" });
});

t.test("a compaction that does not pass the reader is not noticed", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  let revision = await direct.create("/c/a", Buffer.from("0"));
  const watch = storeOf(t, temporary, proxy.port).watch("/c/", 0, new AbortController().signal);
  const batches = watch[Symbol.asyncIterator]();
  await batches.next();
  proxy.refuse = true;
  proxy.cutAll();
  const next = batches.next();
  await direct.compact(revision);
  revision = await direct.update("/c/a", Buffer.from("1"), revision);
  proxy.refuse = false;
  t.equal((await within(5_000, "the event", next)).value?.revision, revision);
});

t.test(
  "a watch from the compacted revision itself does not lose the deletion that the compaction removed",
  async (t) => {
    const temporary = await temporaryEtcd(t);
    const store = storeOf(t, temporary);
    const created = await store.create("/d/a", Buffer.from("0"));
    const deleted = await store.delete("/d/a", created);
    await store.create("/other", Buffer.from("0"));
    await store.compact(deleted);
    const batches = store.watch("/d/", deleted - 1, new AbortController().signal)[Symbol.asyncIterator]();
    await t.rejects(within(5_000, "the end", batches.next()), { code: "STORE_COMPACTED" });
  },
);

t.test("etcd is killed and started again", async (t) => {
  const temporary = await temporaryEtcd(t);
  const store = storeOf(t, temporary);
  const expected: string[] = [];
  const abort = new AbortController();
  const watch = store.watch("/k/", 0, abort.signal);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const batch of watch) seen.push(...batch.events.map((event) => event.key));
  })();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 50; i++) {
      const key = `/k/${round}-${i}`;
      await store.create(key, Buffer.from("x"));
      expected.push(key);
    }
    await temporary.restart();
  }
  await store.create("/k/end", Buffer.from("x"));
  expected.push("/k/end");
  await within(
    5_000,
    "the last event",
    (async () => {
      while (seen.at(-1) !== "/k/end") await new Promise((resolve) => setTimeout(resolve, 5));
    })(),
  );
  abort.abort();
  await within(1_000, "the end", reading);
  t.strictSame(seen, expected);
  t.ok(watch.reconnects >= 3);
});

t.test("data of another cluster under the same address ends the watch", async (t) => {
  const one = await temporaryEtcd(t);
  const store = storeOf(t, one);
  let revision = await store.create("/x/a", Buffer.from("0"));
  for (let i = 0; i < 10; i++) revision = await store.update("/x/a", Buffer.from(String(i)), revision);
  const batches = store.watch("/x/", revision - 1, new AbortController().signal)[Symbol.asyncIterator]();
  t.equal((await batches.next()).value?.revision, revision);
  const ended = t.rejects(within(10_000, "the end", batches.next()), { code: "STORE_COMPACTED" });
  await one.restart(() => rm(`${one.directory}/etcd/data`, { recursive: true }));
  await ended;
});

t.test("a quiet watch hears how far it is", async (t) => {
  const temporary = await temporaryEtcd(t, { progressIntervalMs: 100 });
  const store = storeOf(t, temporary);
  const abort = new AbortController();
  const revision = await store.create("/elsewhere/a", Buffer.from("0"));
  const batches: StoreBatch[] = [];
  const read = async (): Promise<void> => {
    for await (const batch of store.watch("/quiet/", 0, abort.signal)) {
      batches.push(batch);
      if (batch.revision >= revision) break;
    }
  };
  await within(3_000, "progress", read());
  t.strictSame(batches.at(-1), { revision, events: [] });
});

t.test("a peer that takes connections and says nothing is given up", async (t) => {
  const temporary = await temporaryEtcd(t);
  const direct = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  const store = openStore({
    endpoints: [`https://127.0.0.1:${proxy.port}`],
    tls: temporary.etcd.clientTls,
    keepaliveMs: 500,
  });
  t.teardown(() => store.close());
  const first = await direct.create("/s/a", Buffer.from("0"));
  const watch = store.watch("/s/", 0, new AbortController().signal);
  const batches = watch[Symbol.asyncIterator]();
  t.equal((await batches.next()).value?.revision, first);
  proxy.stallAll();
  const second = await direct.update("/s/a", Buffer.from("1"), first);
  t.equal((await within(5_000, "the event", batches.next())).value?.revision, second);
  t.equal(watch.reconnects, 1);
});

t.test("a consumer that stops reading costs bounded memory and loses nothing", async (t) => {
  const temporary = await temporaryEtcd(t);
  const store = storeOf(t, temporary);
  const proxy = await tcpProxy(t, temporary.port);
  const first = await store.create("/b/0", Buffer.alloc(10));
  const watch = storeOf(t, temporary, proxy.port).watch("/b/", 0, new AbortController().signal);
  const batches = watch[Symbol.asyncIterator]();
  t.equal((await batches.next()).value?.revision, first);
  const { connections } = proxy;
  let last = first;
  // 60 MB, which is more than is held for a consumer.
  for (let i = 1; i <= 60; i++) last = await store.create(`/b/${i}`, Buffer.alloc(1_000_000, i));
  const givenUp = async (): Promise<void> => {
    while (proxy.connections === connections) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await within(10_000, "giving up", givenUp());
  const events = await within(
    20_000,
    "reading",
    readWatch({ [Symbol.asyncIterator]: () => batches }, first, () => last),
  );
  t.strictSame(
    events.map((event) => event.key),
    Array.from({ length: 60 }, (_, i) => `/b/${i + 1}`),
  );
  t.ok(watch.reconnects >= 1, "the stream was given up meanwhile");
});

t.test("an aborted watch ends, also while etcd is away", async (t) => {
  const temporary = await temporaryEtcd(t);
  const store = storeOf(t, temporary);
  await store.get("/");
  await temporary.etcd.close();
  const abort = new AbortController();
  const reading = readWatch(store.watch("/a/", 0, abort.signal), 0, () => Number.POSITIVE_INFINITY);
  await new Promise((resolve) => setTimeout(resolve, 100));
  abort.abort();
  t.strictSame(await within(1_000, "the end", reading), []);
});

t.test("many watches are opened a few at a time, and a silent peer keeps none from its turn", async (t) => {
  const temporary = await temporaryEtcd(t);
  const sockets = new Set<Socket>();
  // It accepts, and never answers a handshake.
  const silent = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const abort = new AbortController();
  t.teardown(() => {
    abort.abort();
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = silent.address() as AddressInfo;
  const store = storeOf(t, temporary, port);
  const watches = Array.from({ length: 12 }, (_, i) =>
    readWatch(store.watch(`/r/${i}/`, 0, abort.signal), 0, () => Number.POSITIVE_INFINITY),
  );
  const reached = async (count: number): Promise<void> => {
    while (sockets.size < count) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await reached(4);
  // Their time limit of 1 s is not over.
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(sockets.size, 4);
  await reached(9);
  abort.abort();
  t.strictSame((await within(10_000, "the end", Promise.all(watches))).flat(), []);
});
