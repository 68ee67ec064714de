import t from "tap";
import { rawClient } from "../test-support/raw-client.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;

const maps = "/api/v1/namespaces/default/configmaps";
// biome-ignore lint/suspicious/noExplicitAny: events of several shapes.
type Json = any;

const make = (name: string, labels: Record<string, string> = {}) =>
  admin.call("POST", maps, { body: { metadata: { name, labels } } });
const label = (name: string, labels: Record<string, string | null>) =>
  admin.call("PATCH", `${maps}/${name}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { labels } },
  });
const revision = async (): Promise<string> => (await admin.call("GET", maps)).json.metadata.resourceVersion;

/** A watch whose events are taken one by one; each must come within 5 s. */
async function watch(query: string, headers: Record<string, string> = {}, path = maps, client = admin) {
  const ending = new AbortController();
  const lines = client.lines(`${path}?${query}`, { headers, signal: ending.signal })[Symbol.asyncIterator]();
  t.teardown(() => ending.abort());
  const line = async (): Promise<string | undefined> => {
    const late = new Promise<never>((_resolve, reject) =>
      setTimeout(() => reject(new Error("no event within 30 s")), 30_000).unref(),
    );
    const { value, done } = await Promise.race([lines.next(), late]);
    return done ? undefined : value;
  };
  return { line, next: async (): Promise<Json> => JSON.parse((await line()) ?? "null"), end: () => ending.abort() };
}
const brief = ({ type, object }: Json) => `${type} ${object.metadata.name}`;

t.test("from a revision: every change after it, in order, with its own revision", async (t) => {
  const start = await revision();
  await make("a");
  const { json: changed } = await label("a", { x: "1" });
  const { next, end } = await watch(`watch=true&resourceVersion=${start}`);
  t.equal(brief(await next()), "ADDED a");
  const modified = await next();
  t.equal(brief(modified), "MODIFIED a");
  t.equal(modified.object.metadata.resourceVersion, changed.metadata.resourceVersion);
  await admin.call("DELETE", `${maps}/a`);
  const deleted = await next();
  t.equal(brief(deleted), "DELETED a");
  t.ok(
    Number(deleted.object.metadata.resourceVersion) > Number(changed.metadata.resourceVersion),
    "the revision of the deletion",
  );
  end();
});

t.test("without a revision, or from 0: first what is there", async (t) => {
  await make("b");
  for (const query of ["watch=1", "watch=true&resourceVersion=0"]) {
    const { next, end } = await watch(query);
    t.equal(brief(await next()), "ADDED b");
    await label("b", { q: String(Math.random()) });
    t.equal(brief(await next()), "MODIFIED b");
    end();
  }
});

t.test("sendInitialEvents ends them with a bookmark that says so", async (t) => {
  const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  const { next, end } = await watch(query);
  t.equal(brief(await next()), "ADDED b");
  t.match(await next(), {
    type: "BOOKMARK",
    object: {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { annotations: { "k8s.io/initial-events-end": "true" }, resourceVersion: /^\d+$/ },
    },
  });
  end();
  const wrong = await admin.call("GET", `${maps}?watch=true&sendInitialEvents=true`);
  t.match(wrong.json, {
    code: 422,
    message: /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/,
  });
});

t.test("a selector turns changes into arrivals and departures", async (t) => {
  const start = await revision();
  await make("s", { color: "red" });
  const { next, end } = await watch(`watch=true&labelSelector=color%3Dblue&resourceVersion=${start}`);
  const { json: blue } = await label("s", { color: "blue" });
  const added = await next();
  t.equal(brief(added), "ADDED s");
  t.equal(added.object.metadata.resourceVersion, blue.metadata.resourceVersion);
  await label("s", { other: "1" });
  t.equal(brief(await next()), "MODIFIED s");
  const { json: green } = await label("s", { color: "green" });
  const gone = await next();
  t.equal(brief(gone), "DELETED s");
  t.equal(gone.object.metadata.labels.color, "blue", "as it was while it matched");
  t.equal(gone.object.metadata.resourceVersion, green.metadata.resourceVersion);
  await admin.call("DELETE", `${maps}/s`);
  await make("end", { color: "blue" });
  t.equal(brief(await next()), "ADDED end", "the deletion of what does not match is not seen");
  await admin.call("DELETE", `${maps}/end`);
  end();
});

t.test("one object by field selector, other namespaces unseen", async (t) => {
  const { next, end } = await watch(
    `watch=true&fieldSelector=metadata.name%3Dsingle&resourceVersion=${await revision()}`,
  );
  await make("other");
  await admin.call("POST", "/api/v1/namespaces/kube-public/configmaps", { body: { metadata: { name: "single" } } });
  await make("single");
  const event = await next();
  t.match(event, { type: "ADDED", object: { metadata: { name: "single", namespace: "default" } } });
  end();
});

t.test("tables and metadata in a watch", async (t) => {
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const { next, end } = await watch(`watch=true&fieldSelector=metadata.name%3Db`, { accept });
  const { type, object } = await next();
  t.equal(type, "ADDED");
  t.match(object, { kind: "Table", rows: [{ cells: ["b", 0, /./], object: { kind: "PartialObjectMetadata" } }] });
  end();
  const partial = await watch("watch=true&fieldSelector=metadata.name%3Db", {
    accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  });
  t.match(await partial.next(), { object: { kind: "PartialObjectMetadata", metadata: { name: "b" } } });
  partial.end();
});

t.test("timeoutSeconds ends a watch in order", async (t) => {
  const { line } = await watch(`watch=true&timeoutSeconds=1&resourceVersion=${await revision()}`);
  t.equal(await line(), undefined);
});

t.test("a server that was just started has the past from etcd, until that is compacted", async (t) => {
  const start = await revision();
  await make("past", { phase: "old" });
  await label("past", { phase: "new" });
  await admin.call("DELETE", `${maps}/past`);
  const another = await plane.startAnother();
  const client = rawClient(another.url, { ca: plane.pki.ca.cert, ...plane.pki.certificates.admin });
  t.teardown(() => client.close());
  const query = `watch=true&labelSelector=phase%3Dold&resourceVersion=${start}`;
  const resumed = await watch(query, {}, maps, client);
  t.equal(brief(await resumed.next()), "ADDED past");
  t.match(await resumed.next(), { type: "DELETED", object: { metadata: { name: "past", labels: { phase: "old" } } } });
  await make("present", { phase: "old" });
  t.equal(brief(await resumed.next()), "ADDED present", "and goes on with what is new");
  resumed.end();

  await plane.store.compact(Number(await revision()));
  const { next, line } = await watch(query, {}, maps, client);
  t.match(await next(), {
    type: "ERROR",
    object: { kind: "Status", code: 410, reason: "Expired", message: /too old resource version/ },
  });
  t.equal(await line(), undefined, "and the stream is over");
  t.match((await client.call("GET", `${maps}?resourceVersion=${start}&resourceVersionMatch=Exact`)).json, {
    code: 410,
    reason: "Expired",
  });
  await admin.call("DELETE", `${maps}/present`);
});

t.test("server-sent events, resumed by Last-Event-ID", async (t) => {
  const accept = "text/event-stream";
  const { line, end } = await watch(`fieldSelector=metadata.name%3Db`, { accept });
  t.equal(await line(), "event: ADDED");
  t.match(await line(), /^id: \d+$/);
  t.match(JSON.parse(((await line()) ?? "").slice("data: ".length)), {
    type: "ADDED",
    object: { metadata: { name: "b" } },
  });
  t.equal(await line(), "");
  end();
  const seen = await revision();
  await label("b", { sse: "1" });
  const resumed = await watch("fieldSelector=metadata.name%3Db", { accept, "last-event-id": seen });
  t.equal(await resumed.line(), "event: MODIFIED");
  resumed.end();
});

t.test("long poll: what is there, then what comes, then nothing", async (t) => {
  const first = await admin.call("GET", `${maps}?poll=5s`);
  t.match(first.json, { kind: "ConfigMapEventList", metadata: { resourceVersion: /^\d+$/ } });
  const start = first.json.metadata.resourceVersion;
  const waiting = admin.call("GET", `${maps}?poll=5s&resourceVersion=${start}`);
  await make("polled");
  t.match((await waiting).json, { events: [{ type: "ADDED", object: { metadata: { name: "polled" } } }] });
  const late = await admin.call(
    "GET",
    `${maps}?poll=100ms&resourceVersion=${(await waiting).json.metadata.resourceVersion}`,
  );
  t.same(late.json.events, []);
  t.match((await admin.call("GET", `${maps}?poll=soon`)).json, { code: 400 });
});

t.test("many watchers get every event; one that does not read holds up nobody", async (t) => {
  const start = await revision();
  const watchers = await Promise.all(Array.from({ length: 30 }, () => watch(`watch=true&resourceVersion=${start}`)));
  const lazy = await watch(`watch=true&resourceVersion=${start}`);
  for (let i = 0; i < 40; i++) await make(`many-${i}`);
  const seen = await Promise.all(
    watchers.map(async ({ next, end }) => {
      const events: string[] = [];
      while (events.length < 40) events.push(brief(await next()));
      end();
      return events.join();
    }),
  );
  t.equal(new Set(seen).size, 1, "all saw the same, in the same order");
  t.equal(seen[0], Array.from({ length: 40 }, (_, i) => `ADDED many-${i}`).join());
  lazy.end();
});
