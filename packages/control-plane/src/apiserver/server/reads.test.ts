import t from "tap";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;

const maps = "/api/v1/namespaces/default/configmaps";
// biome-ignore lint/suspicious/noExplicitAny: answers of several shapes.
type Json = any;

for (let i = 0; i < 7; i++) {
  const labels = { odd: String(i % 2 === 1), n: String(i) };
  await admin.call("POST", maps, { body: { metadata: { name: `map-${i}`, labels }, data: { i: String(i) } } });
}

const names = ({ json }: { json: Json }): string[] => json.items.map(({ metadata }: Json) => metadata.name);
const list = (query = "", headers: Record<string, string> = {}) => admin.call("GET", `${maps}?${query}`, { headers });

t.test("lists: order, kind, revision, selectors", async (t) => {
  const all = await list();
  t.match(all.json, { kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: /^\d+$/ } });
  t.same(
    names(all),
    [0, 1, 2, 3, 4, 5, 6].map((i) => `map-${i}`),
  );
  t.same(names(await list("labelSelector=odd%3Dtrue")), ["map-1", "map-3", "map-5"]);
  t.same(names(await list("labelSelector=n+in+(1,2),odd!%3Dtrue")), ["map-2"]);
  t.same(names(await list("fieldSelector=metadata.name%3Dmap-4")), ["map-4"]);
  t.same(names(await list("fieldSelector=metadata.name!%3Dmap-4&labelSelector=odd%3Dfalse")), [
    "map-0",
    "map-2",
    "map-6",
  ]);
  t.match((await list("fieldSelector=data.i%3D4")).json, { code: 400, message: /field label not supported: data.i/ });
  t.match((await list("labelSelector=a+b")).json, { code: 400, reason: "BadRequest" });
  const everywhere = (await admin.call("GET", "/api/v1/configmaps")).json.items as {
    metadata: { namespace: string };
  }[];
  t.equal(everywhere.filter(({ metadata }) => metadata.namespace === "default").length, 7, "over all namespaces");
});

t.test("pages are of one revision, whatever happens between them", async (t) => {
  const first = await list("limit=3");
  t.same(names(first), ["map-0", "map-1", "map-2"]);
  t.equal(first.json.metadata.remainingItemCount, 4);
  await admin.call("POST", maps, { body: { metadata: { name: "map-33" } } });
  await admin.call("DELETE", `${maps}/map-6`);
  const second = await list(`limit=3&continue=${encodeURIComponent(first.json.metadata.continue)}`);
  t.same(names(second), ["map-3", "map-4", "map-5"], "what came later is not there");
  t.equal(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
  const third = await list(`limit=3&continue=${encodeURIComponent(second.json.metadata.continue)}`);
  t.same(names(third), ["map-6"], "what went later still is");
  t.equal(third.json.metadata.continue, undefined);
  await admin.call("DELETE", `${maps}/map-33`);
  await admin.call("POST", maps, { body: { metadata: { name: "map-6", labels: { odd: "false", n: "6" } } } });

  const selected = await list("limit=2&labelSelector=odd%3Dtrue");
  t.same(names(selected), ["map-1", "map-3"]);
  t.equal(selected.json.metadata.remainingItemCount, undefined, "not known with a selector");
  const rest = await list(
    `limit=2&labelSelector=odd%3Dtrue&continue=${encodeURIComponent(selected.json.metadata.continue)}`,
  );
  t.same(names(rest), ["map-5"]);
  t.match((await list("continue=rubbish")).json, { code: 400, message: /continue key is not valid/ });
});

t.test("resourceVersion and its match rules", async (t) => {
  const { json: now } = await list();
  const revision = now.metadata.resourceVersion;
  const { json: fresh } = await admin.call("POST", maps, { body: { metadata: { name: "zz-new" } } });
  t.notOk(names(await list(`resourceVersion=${revision}&resourceVersionMatch=Exact`)).includes("zz-new"));
  const newer = await list(`resourceVersion=${fresh.metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`);
  t.ok(names(newer).includes("zz-new"), "read your writes");
  t.equal((await list("resourceVersion=0")).status, 200);
  await admin.call("DELETE", `${maps}/zz-new`);
  t.match((await list("resourceVersionMatch=Exact")).json, {
    code: 422,
    message: /forbidden unless resourceVersion is provided/,
  });
  t.match((await list("resourceVersion=0&resourceVersionMatch=Exact")).json, { code: 422 });
  t.match((await list("resourceVersion=abc")).json, { code: 400 });
  t.match((await list("resourceVersion=99999999&resourceVersionMatch=NotOlderThan")).json, {
    code: 504,
    reason: "Timeout",
    details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 },
  });
});

t.test("an unset resourceVersion reads what was just written", async (t) => {
  for (let i = 0; i < 20; i++) {
    await admin.call("POST", maps, { body: { metadata: { name: "mine" } } });
    t.ok(names(await list()).includes("mine"));
    t.equal((await admin.call("GET", `${maps}/mine`)).status, 200);
    await admin.call("DELETE", `${maps}/mine`);
    t.equal((await admin.call("GET", `${maps}/mine`)).status, 404);
  }
});

t.test("tables, metadata only, YAML", async (t) => {
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  const table = await list("limit=2", { accept });
  t.match(table.json, {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { continue: /./ },
    rows: [{ cells: ["map-0", 1, /s$/] }, {}],
  });
  t.same(
    table.json.columnDefinitions.map(({ name }: Json) => name),
    ["Name", "Data", "Age"],
  );
  t.match(table.json.rows[0].object, { kind: "PartialObjectMetadata", metadata: { name: "map-0" } });
  t.match((await list("includeObject=Object&limit=1", { accept })).json.rows[0].object, {
    kind: "ConfigMap",
    data: { i: "0" },
  });
  t.equal((await list("includeObject=None&limit=1", { accept })).json.rows[0].object, null);
  t.equal((await list("includeObject=Some", { accept })).status, 400);
  const one = await admin.call("GET", `${maps}/map-1`, { headers: { accept } });
  t.match(one.json, { kind: "Table", rows: [{ cells: ["map-1", 1, /s$/] }] });

  const partial = await list("limit=1", { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" });
  t.match(partial.json, {
    kind: "PartialObjectMetadataList",
    items: [{ kind: "PartialObjectMetadata", metadata: { name: "map-0" } }],
  });
  t.equal(partial.json.items[0].data, undefined);
  const yaml = await admin.call("GET", `${maps}/map-1`, { headers: { accept: "application/yaml" } });
  t.match(yaml.text, /^kind: ConfigMap$/m);
});

t.test("discovery: aggregated, legacy, OpenAPI", async (t) => {
  const wanted = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
  const aggregated = await admin.call("GET", "/apis", { headers: { accept: wanted } });
  t.match(aggregated.headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  const group = aggregated.json.items.find(({ metadata }: Json) => metadata.name === "drydock.dev");
  const workloads = group.versions[0].resources.find(({ resource }: Json) => resource === "workloads");
  t.match(workloads, {
    scope: "Namespaced",
    singularResource: "workload",
    shortNames: ["wl"],
    responseKind: { kind: "Workload" },
  });
  t.same(
    workloads.subresources.map(({ subresource }: Json) => subresource),
    ["scale", "status"],
  );
  t.match((await admin.call("GET", "/api", { headers: { accept: wanted } })).json.items[0], { metadata: { name: "" } });
  t.match((await admin.call("GET", "/api")).json, { kind: "APIVersions", versions: ["v1"] });
  t.match((await admin.call("GET", "/apis")).json, { kind: "APIGroupList" });
  t.match((await admin.call("GET", "/apis/drydock.dev")).json, {
    kind: "APIGroup",
    preferredVersion: { groupVersion: "drydock.dev/v1" },
  });
  const resources = (await admin.call("GET", "/api/v1")).json.resources.map(({ name }: Json) => name);
  for (const name of ["pods", "pods/log", "pods/exec", "pods/binding", "namespaces/finalize"])
    t.ok(resources.includes(name), name);
  t.notOk(resources.includes("pods/ephemeralcontainers"), "what is not served is not listed");
  t.equal((await admin.call("GET", "/apis/none.dev")).status, 404);

  const { json: index } = await admin.call("GET", "/openapi/v3");
  for (const { serverRelativeURL } of Object.values(index.paths) as { serverRelativeURL: string }[]) {
    const document = await admin.call("GET", serverRelativeURL);
    t.match(document.headers["cache-control"], /immutable/);
    const dangling = [...document.text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].filter(
      ([, name]) => !document.json.components.schemas[name as string],
    );
    t.same(dangling, [], `every reference of ${serverRelativeURL} is there`);
    const { etag = "" } = document.headers;
    t.equal((await admin.call("GET", serverRelativeURL, { headers: { "if-none-match": etag } })).status, 304);
  }
});

t.test("health, metrics, version and the pipeline", async (t) => {
  t.equal((await admin.call("GET", "/livez")).text, "ok");
  t.match((await admin.call("GET", "/readyz?verbose")).text, /\[\+\]etcd ok[\s\S]*readyz check passed/);
  t.equal((await admin.call("GET", "/healthz/etcd")).text, "ok");
  t.match((await admin.call("GET", "/version")).json, { major: "1", minor: "35" });
  const metrics = (await admin.call("GET", "/metrics")).text;
  t.match(
    metrics,
    /apiserver_request_total\{verb="LIST",group="",version="v1",resource="configmaps",subresource="",scope="namespace",code="200"\} \d+/,
  );
  t.match(metrics, /apiserver_request_duration_seconds_bucket/);
  const { stages } = (await admin.call("GET", "/debug/pipeline")).json;
  t.same(stages.map(({ stage }: Json) => stage).slice(0, 4), [
    "authenticate",
    "limit-in-flight",
    "impersonate",
    "authorize",
  ]);
  t.ok(
    stages.every(({ count }: Json) => count > 0),
    "every stage has been passed and timed",
  );
});

t.test("a long list comes in pieces and is whole", async (t) => {
  const many = "/api/v1/namespaces/kube-node-lease/configmaps";
  await Promise.all(
    Array.from({ length: 450 }, (_, i) =>
      admin.call("POST", many, { body: { metadata: { name: `m-${i}` }, data: { x: "y".repeat(2000) } } }),
    ),
  );
  const answer = await admin.call("GET", many);
  t.equal(answer.json.items.length, 450);
  const cached = await admin.call("GET", `${many}?resourceVersion=0`);
  t.equal(cached.json.items.length, 450);
});
