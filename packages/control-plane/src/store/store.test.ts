import { hasCode } from "@drydock/kit";
import t from "tap";
import { tcpProxy } from "../etcd/fixtures/tcp-proxy.ts";
import { temporaryEtcd } from "../etcd/fixtures/temporary-etcd.ts";
import { within } from "./fixtures/read-watch.ts";
import { openStore } from "./open-store.ts";

t.test("the verbs", async (t) => {
  const { etcd } = await temporaryEtcd(t);
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
  t.teardown(() => store.close());

  await t.test("create, get, update, delete move one revision each", async (t) => {
    const created = await store.create("/v/a", Buffer.from("1"));
    t.match(await store.get("/v/a"), { key: "/v/a", modRevision: created, createRevision: created });
    const updated = await store.update("/v/a", Buffer.from("2"), created);
    t.equal(updated, created + 1);
    t.equal((await store.get("/v/a"))?.value.toString(), "2");
    t.equal(await store.delete("/v/a", updated), created + 2);
    t.equal(await store.get("/v/a"), undefined);
  });

  await t.test("who comes too late is told what is there", async (t) => {
    const created = await store.create("/v/b", Buffer.from("1"));
    const updated = await store.update("/v/b", Buffer.from("2"), created);
    const there = { details: { current: { modRevision: updated, value: Buffer.from("2") } } };
    await t.rejects(store.create("/v/b", Buffer.from("3")), { code: "STORE_EXISTS", ...there });
    await t.rejects(store.update("/v/b", Buffer.from("3"), created), { code: "STORE_CONFLICT", ...there });
    await t.rejects(store.delete("/v/b", created), { code: "STORE_CONFLICT", ...there });
    await t.rejects(store.update("/v/none", Buffer.from("3"), created), { code: "STORE_NOT_FOUND" });
    await t.rejects(store.delete("/v/none", created), { code: "STORE_NOT_FOUND" });
    t.equal((await store.get("/v/b"))?.modRevision, updated, "a refused write changes nothing");
  });

  await t.test("of many writers at once one wins each round", async (t) => {
    const first = await store.create("/v/race", Buffer.from("0"));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 32 }, (_, i) => store.update("/v/race", Buffer.from(`${i}`), first)),
    );
    t.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    t.ok(outcomes.every((outcome) => outcome.status === "fulfilled" || hasCode(outcome.reason, "STORE_CONFLICT")));
  });

  await t.test("what etcd does not take is refused by name", async (t) => {
    await t.rejects(store.create("/v/large", Buffer.alloc(1_700_000)), { code: "STORE_TOO_LARGE" });
    await t.rejects(store.create("/v/larger", Buffer.alloc(5_000_000)), { code: "STORE_TOO_LARGE" });
    await t.rejects(store.list("/v/", { revision: 1_000_000 }), { code: "STORE_FUTURE_REVISION" });
    await t.rejects(store.compact(1_000_000), { code: "STORE_FUTURE_REVISION" });
  });

  await t.test("a prefix ends where it ends", async (t) => {
    for (const key of ["/p/a", "/p/a/x", "/p/b", "/p", "/p0", "/p/\u00e4"]) await store.create(key, Buffer.from("x"));
    const keys = async (prefix: string) => (await store.list(prefix)).items.map(({ key }) => key);
    t.strictSame(await keys("/p/"), ["/p/a", "/p/a/x", "/p/b", "/p/\u00e4"]);
    t.strictSame(await keys("/p/a/"), ["/p/a/x"]);
    t.strictSame(await keys("/nothing/"), []);
    t.ok((await keys("")).length >= 6, "no prefix is everything");
  });

  await t.test("history is there until it is compacted", async (t) => {
    const created = await store.create("/h/a", Buffer.from("old"));
    const updated = await store.update("/h/a", Buffer.from("new"), created);
    t.equal((await store.list("/h/", { revision: created })).items[0]?.value.toString(), "old");
    await store.compact(updated);
    await store.compact(updated);
    await t.rejects(store.list("/h/", { revision: created }), { code: "STORE_COMPACTED" });
  });
});

t.test("10 000 keys: listed quickly, in pages of one revision", async (t) => {
  const { etcd, raw } = await temporaryEtcd(t);
  const store = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
  t.teardown(() => store.close());
  const value = Buffer.alloc(1_000, "x");
  for (let n = 0; n < 100; n++) {
    await raw.kv.txn({
      success: Array.from({ length: 100 }, (_, i) => ({
        request_put: { key: Buffer.from(`/l/${String(n * 100 + i).padStart(5, "0")}`), value },
      })),
    });
  }
  const started = performance.now();
  const all = await store.list("/l/");
  const took = performance.now() - started;
  t.equal(all.items.length, 10_000);
  t.equal(all.remaining, 0);
  t.equal(all.next, undefined);
  t.ok(took < 2_000, `took ${Math.round(took)} ms`);

  const keys: string[] = [];
  let page = await store.list("/l/", { limit: 3_300 });
  const { revision } = page;
  for (;;) {
    keys.push(...page.items.map(({ key }) => key));
    t.equal(page.revision, revision);
    t.equal(page.remaining, 10_000 - keys.length);
    if (page.next === undefined) break;
    // Changes between two pages are not seen by later ones.
    await store.create(`/l/${page.next.slice(3)}-new`, value);
    page = await store.list("/l/", { limit: 3_300, after: page.next, revision });
  }
  t.strictSame(
    keys,
    all.items.map(({ key }) => key),
  );
  t.match(await store.list("/l/", { limit: 10_003 }), { remaining: 0 }, "a limit that is just reached leaves nothing");
});

t.test("etcd is away for a moment: calls wait for it", async (t) => {
  const temporary = await temporaryEtcd(t);
  const store = openStore({ endpoints: temporary.etcd.endpoints, tls: temporary.etcd.clientTls });
  t.teardown(() => store.close());
  await store.create("/w/a", Buffer.from("1"));
  const calls: Promise<unknown>[] = [];
  await temporary.restart(async () => {
    // A write on a connection that is not known to be dead yet would have an unknown fate: let the break be noticed.
    await new Promise((resolve) => setTimeout(resolve, 150));
    calls.push(store.get("/w/a"), store.create("/w/b", Buffer.from("1")));
    await new Promise((resolve) => setTimeout(resolve, 200));
  });
  await within(8_000, "the calls", Promise.all(calls));
  t.ok(await store.get("/w/b"));
});

t.test("a write whose answer is lost says that its fate is unknown", async (t) => {
  const temporary = await temporaryEtcd(t);
  const { etcd } = temporary;
  const proxy = await tcpProxy(t, temporary.port);
  const direct = openStore({ endpoints: etcd.endpoints, tls: etcd.clientTls });
  const stalled = openStore({
    endpoints: [`https://127.0.0.1:${proxy.port}`],
    tls: etcd.clientTls,
    timeoutMs: 700,
  });
  t.teardown(() => Promise.all([direct.close(), stalled.close()]));
  await stalled.get("/u/a");
  proxy.stallAll();
  await t.rejects(stalled.create("/u/a", Buffer.from("1")), {
    code: "STORE_UNAVAILABLE",
    details: { unknownFate: true },
  });
  t.ok(await direct.get("/u/a"), "it did happen");

  proxy.refuse = true;
  proxy.cutAll();
  const unsent = await stalled.create("/u/b", Buffer.from("1")).catch((error: unknown) => error);
  t.ok(
    hasCode(unsent, "STORE_UNAVAILABLE") && !("unknownFate" in unsent.details),
    "what was never sent has not happened",
  );
  t.equal(await direct.get("/u/b"), undefined);
});

t.test("a closed store refuses work", async (t) => {
  const store = openStore({ endpoints: ["http://127.0.0.1:1"] });
  await store.close();
  await store.close();
  await t.rejects(store.get("/a"), { code: "STORE_CLOSED" });
});
