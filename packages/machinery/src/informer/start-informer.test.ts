import type { ServerResponse } from "node:http";
import t from "tap";
import { createClient } from "../client/create-client.ts";
import { Pod } from "../kinds/pod/pod.ts";
import { type Answer, json, line, pod, podList, refuse, scriptedServer } from "../test-support/scripted-server.ts";
import { type InformerOptions, startInformer } from "./start-informer.ts";

const quick = { initialMs: 1, maxMs: 20 };

/** What handlers were told, as text, and a way to wait for the n-th entry. */
function recorder() {
  const told: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const tell = (entry: string): void => {
    told.push(entry);
    for (const { count, resolve } of waiting) if (told.length >= count) resolve();
  };
  return {
    told,
    handler: {
      added: (object: Pod) => tell(`+${object.metadata.name}@${object.metadata.resourceVersion}`),
      updated: (object: Pod, old: Pod) =>
        tell(`~${object.metadata.name}@${old.metadata.resourceVersion}>${object.metadata.resourceVersion}`),
      deleted: (object: Pod, missed: boolean) =>
        tell(`-${object.metadata.name}@${object.metadata.resourceVersion}${missed ? " missed" : ""}`),
    },
    until: (count: number) =>
      new Promise<void>((resolve) => (told.length >= count ? resolve() : waiting.push({ count, resolve }))),
  };
}

async function setUp(test: Pick<typeof t, "teardown">, answer: Answer, options: InformerOptions<Pod> = {}) {
  const server = await scriptedServer(answer);
  const client = createClient(server.config);
  const informer = startInformer(client, Pod, { backoff: quick, ...options });
  const record = recorder();
  informer.addHandler(record.handler);
  test.teardown(async () => {
    await informer.stop();
    await client.close();
    await server.close();
  });
  return { server, informer, record };
}

const isWatch = (url: string | undefined): boolean => url?.includes("watch=true") ?? false;
const revisionOf = (url: string | undefined): string | null =>
  new URL(url ?? "", "http://x").searchParams.get("resourceVersion");

t.test("lists, follows the watch, keeps cache and indexes", async (t) => {
  const { informer, record } = await setUp(
    t,
    ({ url }, response) => {
      if (!isWatch(url)) return json(response, 200, podList(10, [pod("one", 3), pod("two", 7, "b")]));
      line(response, "ADDED", pod("three", 11));
      line(response, "MODIFIED", pod("one", 12, "b"));
      line(response, "DELETED", pod("two", 13, "b"));
      line(response, "BOOKMARK", { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "20" } });
    },
    { indexers: { node: ({ spec }) => [spec.nodeName ?? ""] } },
  );
  await informer.synced();
  t.same(record.told.slice(0, 2), ["+one@3", "+two@7"], "handlers have heard of the list when it is synced");
  await record.until(5);
  t.same(record.told.slice(2), ["+three@11", "~one@3>12", "-two@13"]);
  t.same(
    informer
      .list()
      .map(({ metadata }) => metadata.name)
      .sort(),
    ["one", "three"],
  );
  t.same(
    informer.byIndex("node", "b").map(({ metadata }) => metadata.name),
    ["one"],
  );
  t.same(
    informer.byIndex("node", "a").map(({ metadata }) => metadata.name),
    ["three"],
  );
  t.equal(informer.get("default/two"), undefined);
  t.same(informer.list("other"), []);
  await eventually(() => informer.health().revision === "20");
  t.match(informer.health(), { synced: true, watching: true, lists: 1, objects: 2, failures: 0, lastError: undefined });
  t.ok(informer.health().lastBookmark);
  const late: string[] = [];
  informer.addHandler({ added: (object) => late.push(object.metadata.name) });
  t.same(late.sort(), ["one", "three"], "a late handler hears of what is there");
});

t.test("resumes after the last event when the connection is cut, loses and repeats nothing", async (t) => {
  const { server, informer, record } = await setUp(t, ({ url }, response) => {
    if (!isWatch(url)) return json(response, 200, podList(10, []));
    const after = Number(revisionOf(url));
    for (let revision = after + 1; revision <= after + 5; revision++)
      line(response, "ADDED", pod(`p${revision}`, revision));
  });
  for (let round = 1; round <= 4; round++) {
    await record.until(round * 5);
    server.cut();
  }
  await record.until(25);
  t.same(
    record.told.slice(0, 25),
    Array.from({ length: 25 }, (_, i) => `+p${11 + i}@${11 + i}`),
  );
  t.equal(informer.health().lists, 1);
  t.equal(informer.health().reconnects, 4);
  t.match(informer.health().lastError, { code: "API_UNAVAILABLE" });
});

t.test("lists again when its revision has expired, and tells what it missed", async (t) => {
  let lists = 0;
  const { informer, record } = await setUp(t, ({ url }, response) => {
    if (!isWatch(url)) {
      lists += 1;
      return json(
        response,
        200,
        lists === 1
          ? podList(5, [pod("kept", 1), pod("changed", 2), pod("gone", 3)])
          : podList(50, [pod("kept", 1), pod("changed", 40), pod("new", 41)]),
      );
    }
    if (revisionOf(url) === "5") {
      line(response, "ERROR", {
        apiVersion: "v1",
        kind: "Status",
        status: "Failure",
        code: 410,
        reason: "Expired",
        message: "too old resource version: 5 (30)",
      });
      return void response.end();
    }
    line(response, "BOOKMARK", { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "51" } });
  });
  await record.until(6);
  t.same(record.told, ["+kept@1", "+changed@2", "+gone@3", "~changed@2>40", "+new@41", "-gone@3 missed"]);
  await eventually(() => informer.health().revision === "51");
  t.match(informer.health(), { lists: 2, failures: 0, lastError: { code: "API_EXPIRED" } });
});

t.test("reads a list of several pages as one", async (t) => {
  const { informer } = await setUp(t, ({ url }, response) => {
    const next = new URL(url ?? "", "http://x").searchParams.get("continue");
    if (isWatch(url)) return;
    json(response, 200, next === "more" ? podList(9, [pod("two", 2)]) : podList(9, [pod("one", 1)], "more"));
  });
  await informer.synced();
  t.equal(informer.list().length, 2);
  t.equal(informer.health().revision, "9");
});

t.test("goes on through refusals and a server that is away, and says so", async (t) => {
  let refusals = 3;
  const { server, informer, record } = await setUp(t, ({ url }, response) => {
    if (isWatch(url)) return;
    if (refusals-- > 0) return refuse(response, 503, "ServiceUnavailable", "not yet");
    json(response, 200, podList(1, [pod("one", 1)]));
  });
  await informer.synced();
  t.same(record.told, ["+one@1"]);
  t.match(informer.health(), { lastError: { code: "API_UNAVAILABLE", message: "not yet" }, lists: 1 });
  await eventually(() => server.requests.some((request) => isWatch(request)));
});

t.test("a watch that ends at once and empty is not hammered", async (t) => {
  const watchedAt: number[] = [];
  await setUp(
    t,
    ({ url }, response) => {
      if (!isWatch(url)) return json(response, 200, podList(1, []));
      watchedAt.push(performance.now());
      response.end();
    },
    { backoff: { initialMs: 40, maxMs: 40 } },
  );
  await eventually(() => watchedAt.length >= 4);
  const [first = 0, , , fourth = 0] = watchedAt;
  t.ok(fourth - first > 100, `three more watches in ${fourth - first} ms`);
});

t.test("a connection that has gone silent is taken for dead", async (t) => {
  const { informer, server } = await setUp(
    t,
    ({ url }, response) => {
      if (!isWatch(url)) return json(response, 200, podList(1, []));
      line(response, "ADDED", pod("p", 2));
    },
    { idleTimeoutMs: 200 },
  );
  await eventually(() => server.requests.filter(isWatch).length >= 2, 5000);
  t.match(informer.health(), { lists: 1, failures: 0, lastError: { code: "API_WATCH_IDLE" } });
});

t.test("a handler that throws harms nobody else", async (t) => {
  const server = await scriptedServer(({ url }, response) => {
    if (!isWatch(url)) json(response, 200, podList(1, [pod("one", 1)]));
    else line(response, "ADDED", pod("two", 2));
  });
  const client = createClient(server.config);
  const informer = startInformer(client, Pod, { backoff: quick });
  t.teardown(async () => {
    await informer.stop();
    await client.close();
    await server.close();
  });
  const record = recorder();
  informer.addHandler({
    added() {
      throw new Error("a bug in a handler");
    },
  });
  informer.addHandler(record.handler);
  await record.until(2);
  t.same(record.told, ["+one@1", "+two@2"]);
});

t.test("stop ends it, also before it was ever synced", async (t) => {
  const open: ServerResponse[] = [];
  const { informer } = await setUp(t, (_request, response) => void open.push(response));
  const waiting = t.rejects(informer.synced(), { code: "INFORMER_STOPPED" });
  await t.rejects(informer.synced(AbortSignal.abort(new Error("not waiting"))), { message: "not waiting" });
  await eventually(() => open.length > 0);
  await informer.stop();
  await waiting;
  t.equal(informer.health().watching, false);
});

async function eventually(holds: () => boolean, withinMs = 3000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not come true within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
