import t from "tap";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;

const maps = "/api/v1/namespaces/default/configmaps";
const workloads = "/apis/drydock.dev/v1/namespaces/default/workloads";
const configMap = (name: string, data: Record<string, string> = { a: "1" }) => ({ metadata: { name }, data });
const workload = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i" }] } },
    ...spec,
  },
});
const merge = { "content-type": "application/merge-patch+json" };

t.test("create: what the server adds, and what it refuses", async (t) => {
  const created = await admin.call("POST", maps, { body: configMap("one") });
  t.equal(created.status, 201);
  t.match(created.json, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "default", name: "one" },
    data: { a: "1" },
  });
  t.match(created.json.metadata.uid, /^[0-9a-f-]{36}$/);
  t.match(created.json.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  t.match(created.json.metadata.resourceVersion, /^\d+$/);
  t.equal(created.json.metadata.generation, undefined, "no spec, no generation");

  const again = await admin.call("POST", maps, { body: configMap("one") });
  t.equal(again.status, 409);
  t.match(again.json, {
    kind: "Status",
    reason: "AlreadyExists",
    message: 'configmaps "one" already exists',
    code: 409,
  });

  const generated = await admin.call("POST", maps, { body: { metadata: { generateName: "gen-" } } });
  t.match(generated.json.metadata.name, /^gen-[b-z2-9]{5}$/);

  const bad = await admin.call("POST", maps, { body: configMap("Not_A_Name") });
  t.equal(bad.status, 422);
  t.match(
    bad.json.message,
    /^ConfigMap "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123/,
  );
  t.match(bad.json.details, {
    kind: "ConfigMap",
    name: "Not_A_Name",
    causes: [{ field: "metadata.name", reason: "FieldValueInvalid" }],
  });

  for (const odd of [{ apiVersion: { toString: 0 } }, { kind: { toString: 0 } }, { kind: ["Pod"] }]) {
    const refused = await admin.call("POST", maps, { body: { ...configMap("odd"), ...odd } });
    t.equal(refused.status, 400, `${JSON.stringify(odd)} is refused in words`);
  }

  const elsewhere = await admin.call("POST", maps, { body: { metadata: { name: "x", namespace: "other" } } });
  t.match(
    elsewhere.json.message,
    "the namespace of the provided object does not match the namespace sent on the request",
  );

  const nowhere = await admin.call("POST", "/api/v1/namespaces/none/configmaps", { body: configMap("x") });
  t.match(nowhere.json, { code: 404, message: 'namespaces "none" not found' });
});

t.test("bodies that cannot be read are refused in words", async (t) => {
  const broken = await admin.call("POST", maps, {
    body: '{"metadata":',
    headers: { "content-type": "application/json" },
  });
  t.match(broken.json, { code: 400, reason: "BadRequest", message: /json parse error/ });
  const yaml = await admin.call("POST", maps, {
    body: "metadata:\n  name: from-yaml\ndata: {k: v}\n",
    headers: { "content-type": "application/yaml" },
  });
  t.match(yaml.json, { metadata: { name: "from-yaml" }, data: { k: "v" } });
  const badYaml = await admin.call("POST", maps, { body: "a: [", headers: { "content-type": "application/yaml" } });
  t.match(badYaml.json, { code: 400, message: /error converting YAML to JSON/ });
  const protobuf = await admin.call("POST", maps, {
    body: Buffer.from("k8s\0"),
    headers: { "content-type": "application/vnd.kubernetes.protobuf" },
  });
  t.match(protobuf.json, { code: 415, reason: "UnsupportedMediaType", message: /kubectl apply -f -/ });
  const wrongKind = await admin.call("POST", maps, { body: { apiVersion: "v1", kind: "Pod" } });
  t.match(wrongKind.json, { code: 400, message: /does not match the expected kind \(ConfigMap\)/ });
  const huge = await admin.call("POST", maps, {
    body: Buffer.alloc(4 * 1024 * 1024, 0x20),
    headers: { "content-type": "application/json" },
  });
  t.match(huge.json, { code: 413, reason: "RequestEntityTooLarge" });
  for (const [type, open] of [
    ["json", "["],
    ["yaml", "["],
    ["json", '{"a":'],
  ] as const) {
    const deep = await admin.call("POST", maps, {
      body: open.repeat(100_000) + (open === "[" ? "]" : "1}").repeat(type === "json" && open !== "[" ? 1 : 100_000),
      headers: { "content-type": `application/${type}` },
    });
    t.equal(deep.status, 400, `deep ${type}`);
  }
  const nested = await admin.call("POST", maps, {
    body: { metadata: { name: "x" }, data: JSON.parse(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`) },
  });
  t.match(nested.json, { code: 400, message: /nested deeper than 200 levels/ });
  const list = await admin.call("POST", maps, { body: [1] });
  t.match(list.json, { code: 400 });
});

t.test("unknown and repeated fields: strict refuses, warn warns, ignore drops", async (t) => {
  const body = '{"metadata":{"name":"lax","nmae":"x"},"data":{"a":"1","a":"2"},"dta":{}}';
  const post = (level: string) =>
    admin.call("POST", `${maps}?dryRun=All&fieldValidation=${level}`, {
      body,
      headers: { "content-type": "application/json" },
    });
  const strict = await post("Strict");
  t.equal(strict.status, 400);
  t.match(strict.json.message, /strict decoding error: .*unknown field "metadata.nmae", did you mean "metadata.name"/);
  t.match(strict.json.message, /duplicate field "data.a"/);
  const warn = await post("Warn");
  t.equal(warn.status, 201);
  t.match(warn.headers.warning, /299 - "unknown field \\"metadata.nmae\\"/);
  t.equal(warn.json.dta, undefined);
  t.equal((await post("Ignore")).headers.warning, undefined);
  t.match((await post("Sometimes")).json, { code: 422, message: /fieldValidation: Unsupported value: "Sometimes"/ });
  t.equal((await admin.call("GET", `${maps}/lax`)).status, 404, "a dry run stores nothing");
});

t.test("update: compare-and-swap, no-op, server fields, generation", async (t) => {
  const { json: first } = await admin.call("POST", workloads, { body: workload("cas") });
  t.equal(first.metadata.generation, 1);
  t.equal(first.spec.replicas, 1, "defaults are stored");

  const same = await admin.call("PUT", `${workloads}/cas`, { body: first });
  t.equal(same.json.metadata.resourceVersion, first.metadata.resourceVersion, "nothing changed, nothing written");

  const { json: second } = await admin.call("PUT", `${workloads}/cas`, {
    body: { ...first, spec: { ...first.spec, replicas: 4 } },
  });
  t.equal(second.metadata.generation, 2);
  t.equal(second.metadata.uid, first.metadata.uid);
  const stale = await admin.call("PUT", `${workloads}/cas`, {
    body: { ...first, spec: { ...first.spec, replicas: 9 } },
  });
  t.match(stale.json, {
    code: 409,
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on workloads.drydock.dev "cas": the object has been modified; please apply your changes to the latest version and try again',
  });
  const { resourceVersion: _none, ...metadata } = second.metadata;
  const free = await admin.call("PUT", `${workloads}/cas`, {
    body: { ...second, metadata: { ...metadata, labels: { a: "b" }, generation: 77, creationTimestamp: null } },
  });
  t.match(free.json.metadata, {
    labels: { a: "b" },
    generation: 2,
    creationTimestamp: first.metadata.creationTimestamp,
  });

  const renamed = await admin.call("PUT", `${workloads}/cas`, { body: { ...first, metadata: { name: "other" } } });
  t.match(renamed.json, {
    code: 400,
    message: "the name of the object (other) does not match the name on the URL (cas)",
  });
  const otherUid = await admin.call("PUT", `${workloads}/cas`, {
    body: { ...first, metadata: { name: "cas", uid: "nope" } },
  });
  t.match(otherUid.json, { code: 409, message: /Precondition failed: UID in precondition: nope/ });
  t.match((await admin.call("PUT", `${workloads}/none`, { body: workload("none") })).json, {
    code: 404,
    message: 'workloads.drydock.dev "none" not found',
  });
});

t.test("what the server alone sets cannot be changed, and is never lost", async (t) => {
  const { json: made } = await admin.call("POST", maps, { body: configMap("fixed") });
  const put = (metadata: object) => admin.call("PUT", `${maps}/fixed`, { body: { ...made, metadata } });
  t.match((await put({ name: "fixed" })).json.metadata, made.metadata);
  t.match((await put({ ...made.metadata, creationTimestamp: "2000-01-01T00:00:00Z" })).json, {
    code: 422,
    message: /metadata.creationTimestamp: Invalid value: "2000-01-01T00:00:00Z": field is immutable/,
  });
  t.match((await put({ ...made.metadata, deletionTimestamp: "2000-01-01T00:00:00Z" })).json, { code: 422 });
  t.match((await put({ ...made.metadata, namespace: "kube-system" })).json, { code: 400 });
});

t.test("pods get their class, their priority and their account", async (t) => {
  const pods = "/api/v1/namespaces/default/pods";
  const make = (name: string, spec: object = {}, resources: object = {}) =>
    admin.call("POST", pods, {
      body: { metadata: { name }, spec: { containers: [{ name: "c", image: "i", resources }], ...spec } },
    });
  t.match((await make("plain")).json, {
    spec: { priority: 0, serviceAccountName: "default", preemptionPolicy: "PreemptLowerPriority" },
    status: { phase: "Pending", qosClass: "BestEffort" },
  });
  t.match((await make("limited", {}, { limits: { cpu: "1", memory: "1Gi" } })).json, {
    status: { qosClass: "Guaranteed" },
  });
  t.match((await make("asking", {}, { requests: { cpu: "1" } })).json, { status: { qosClass: "Burstable" } });
  t.match((await make("critical", { priorityClassName: "system-node-critical" })).json, {
    spec: { priority: 2_000_001_000 },
  });
  t.match((await make("unknown", { priorityClassName: "none" })).json, {
    code: 403,
    message: 'pods "unknown" is forbidden: no PriorityClass with name none was found',
  });
  t.match((await make("forged", { priority: 1_000_000 })).json, {
    code: 403,
    message: /integer value of priority \(1000000\) must not be provided/,
  });
  const grown = await admin.call("PATCH", `${pods}/plain`, {
    headers: merge,
    body: { spec: { containers: [{ name: "c", image: "i", command: ["x"] }] } },
  });
  t.match(grown.json, { code: 422, message: /pod updates may not change fields other than/ });
});

t.test("status and the rest are written apart", async (t) => {
  const { json: made } = await admin.call("POST", workloads, {
    body: { ...workload("parts"), status: { replicas: 3 } },
  });
  t.equal(made.status, undefined, "a status given at creation is dropped");
  const { json: withStatus } = await admin.call("PUT", `${workloads}/parts/status`, {
    body: {
      ...made,
      metadata: { ...made.metadata, labels: { no: "way" } },
      spec: { ...made.spec, replicas: 7 },
      status: { replicas: 2 },
    },
  });
  t.match(withStatus, { spec: { replicas: 1 }, status: { replicas: 2 }, metadata: { generation: 1 } });
  t.equal(withStatus.metadata.labels, undefined);
  const { json: main } = await admin.call("PATCH", `${workloads}/parts`, {
    headers: merge,
    body: { spec: { replicas: 5 }, status: { replicas: 99 } },
  });
  t.match(main, { spec: { replicas: 5 }, status: { replicas: 2 }, metadata: { generation: 2 } });
  const { json: patched } = await admin.call("PATCH", `${workloads}/parts/status`, {
    headers: merge,
    body: { status: { readyReplicas: 1 } },
  });
  t.match(patched, { status: { replicas: 2, readyReplicas: 1 }, metadata: { generation: 2 } });
});

t.test("scale reads and writes replicas alone", async (t) => {
  await admin.call("POST", workloads, { body: workload("scaled", { replicas: 2 }) });
  const scale = await admin.call("GET", `${workloads}/scaled/scale`);
  t.match(scale.json, {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name: "scaled" },
    spec: { replicas: 2 },
  });
  const set = await admin.call("PUT", `${workloads}/scaled/scale`, { body: { ...scale.json, spec: { replicas: 6 } } });
  t.match(set.json, { spec: { replicas: 6 } });
  t.match((await admin.call("PUT", `${workloads}/scaled/scale`, { body: scale.json })).json, { code: 409 });
  const patched = await admin.call("PATCH", `${workloads}/scaled/scale`, {
    headers: merge,
    body: { spec: { replicas: 3 } },
  });
  t.match(patched.json, { spec: { replicas: 3 } });
  t.match((await admin.call("GET", `${workloads}/scaled`)).json, {
    spec: { replicas: 3 },
    metadata: { generation: 3 },
  });
  const negative = await admin.call("PATCH", `${workloads}/scaled/scale`, {
    headers: merge,
    body: { spec: { replicas: -1 } },
  });
  t.match(negative.json, { code: 422, message: /spec.replicas: Invalid value: -1/ });
});

t.test("patches: json, merge, strategic; unknown types are refused by name", async (t) => {
  await admin.call("POST", workloads, { body: workload("patched") });
  const patch = (type: string, body: unknown) =>
    admin.call("PATCH", `${workloads}/patched`, { body, headers: { "content-type": `application/${type}` } });
  const json = await patch("json-patch+json", [
    { op: "test", path: "/spec/replicas", value: 1 },
    { op: "replace", path: "/spec/replicas", value: 2 },
  ]);
  t.equal(json.json.spec.replicas, 2);
  const failed = await patch("json-patch+json", [{ op: "test", path: "/spec/replicas", value: 1 }]);
  t.equal(failed.status, 422);
  const strategic = await patch("strategic-merge-patch+json", {
    spec: {
      template: {
        spec: {
          containers: [
            { name: "c", image: "new" },
            { name: "d", image: "d" },
          ],
        },
      },
    },
  });
  t.same(
    strategic.json.spec.template.spec.containers.map(({ name, image }: { name: string; image: string }) => [
      name,
      image,
    ]),
    [
      ["c", "new"],
      ["d", "d"],
    ],
  );
  t.match((await patch("apply-patch+yaml", {})).json, { code: 422, message: /fieldManager: Required value/ });
  t.match((await patch("x", {})).json, { code: 415 });
  t.match((await patch("merge-patch+json", [])).json, { code: 400 });
  const typo = await admin.call("PATCH", `${workloads}/patched?fieldValidation=Strict`, {
    headers: merge,
    body: { spec: { replcas: 1 } },
  });
  t.match(typo.json, { code: 400, message: /did you mean "spec.replicas"/ });
  const invalid = await patch("merge-patch+json", { spec: { replicas: -1 } });
  t.match(invalid.json, {
    code: 422,
    message:
      /^Workload.drydock.dev "patched" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0/,
  });
});

t.test("twenty writers of one object: every change is there", async (t) => {
  await admin.call("POST", maps, { body: configMap("busy", {}) });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      admin.call("PATCH", `${maps}/busy`, { headers: merge, body: { data: { [`k${i}`]: "x" } } }),
    ),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  t.ok(
    refused.every(({ status }) => status === 409),
    "a lost race is a conflict, nothing else",
  );
  const { json } = await admin.call("GET", `${maps}/busy`);
  t.equal(Object.keys(json.data).length, answers.length - refused.length);
});

t.test("delete: preconditions, finalizers, what is answered", async (t) => {
  const { json: made } = await admin.call("POST", maps, {
    body: { ...configMap("gone"), metadata: { name: "gone", finalizers: ["a.b/c"] } },
  });
  const wrong = await admin.call("DELETE", `${maps}/gone`, { body: { preconditions: { uid: "other" } } });
  t.match(wrong.json, { code: 409, message: /UID in precondition: other/ });
  const marked = await admin.call("DELETE", `${maps}/gone`, { body: { preconditions: { uid: made.metadata.uid } } });
  t.match(marked.json, { kind: "ConfigMap", metadata: { finalizers: ["a.b/c"], deletionGracePeriodSeconds: 0 } });
  t.ok(marked.json.metadata.deletionTimestamp);
  const added = await admin.call("PATCH", `${maps}/gone`, {
    headers: merge,
    body: { metadata: { finalizers: ["a.b/c", "d.e/f"] } },
  });
  t.match(added.json, { code: 422, message: /no new finalizers can be added if the object is being deleted/ });
  const last = await admin.call("PATCH", `${maps}/gone`, { headers: merge, body: { metadata: { finalizers: null } } });
  t.equal(last.status, 200);
  t.match((await admin.call("GET", `${maps}/gone`)).json, { code: 404, message: 'configmaps "gone" not found' });

  await admin.call("POST", maps, { body: configMap("plain") });
  const dry = await admin.call("DELETE", `${maps}/plain?dryRun=All`);
  t.match(dry.json, { status: "Success" });
  const deleted = await admin.call("DELETE", `${maps}/plain`);
  t.match(deleted.json, { kind: "Status", status: "Success", details: { name: "plain", kind: "configmaps" } });
  t.equal((await admin.call("DELETE", `${maps}/plain`)).status, 404);
  const policy = await admin.call("DELETE", `${maps}/plain`, { body: { propagationPolicy: "Sideways" } });
  t.match(policy.json, { code: 422, message: /propagationPolicy: Unsupported value: "Sideways"/ });
});

t.test("deletecollection deletes what the selector selects", async (t) => {
  for (const name of ["c1", "c2", "c3"]) {
    await admin.call("POST", maps, { body: { metadata: { name, labels: { set: name === "c3" ? "other" : "this" } } } });
  }
  const answer = await admin.call("DELETE", `${maps}?labelSelector=set%3Dthis`);
  t.equal(answer.json.items.length, 2);
  t.equal((await admin.call("GET", `${maps}/c1`)).status, 404);
  t.equal((await admin.call("GET", `${maps}/c3`)).status, 200);
});

t.test("a namespace ends when its finalizer is taken away, and takes nothing new meanwhile", async (t) => {
  const namespaces = "/api/v1/namespaces";
  const made = await admin.call("POST", namespaces, { body: { metadata: { name: "short" } } });
  t.match(made.json, {
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
    metadata: { labels: { "kubernetes.io/metadata.name": "short" } },
  });
  await admin.call("PATCH", `${namespaces}/short`, { headers: merge, body: { spec: { finalizers: [] } } });
  t.match(
    (await admin.call("GET", `${namespaces}/short`)).json,
    { spec: { finalizers: ["kubernetes"] } },
    "only /finalize may",
  );
  const ending = await admin.call("DELETE", `${namespaces}/short`);
  t.match(ending.json, { status: { phase: "Terminating" } });
  const late = await admin.call("POST", `${namespaces}/short/configmaps`, { body: configMap("late") });
  t.match(late.json, {
    code: 403,
    message:
      'configmaps "late" is forbidden: unable to create new content in namespace short because it is being terminated',
    details: { causes: [{ reason: "NamespaceTerminating" }] },
  });
  await admin.call("PUT", `${namespaces}/short/finalize`, { body: { ...ending.json, spec: { finalizers: [] } } });
  t.equal((await admin.call("GET", `${namespaces}/short`)).status, 404);
  t.match((await admin.call("DELETE", `${namespaces}/default`)).json, {
    code: 403,
    message: /this namespace may not be deleted/,
  });
});

t.test("verbs and resources that there are not", async (t) => {
  t.match((await admin.call("GET", "/api/v1/namespaces/default/foos")).json, {
    code: 404,
    message: "the server could not find the requested resource",
  });
  t.match((await admin.call("PUT", maps, { body: {} })).json, { code: 405, reason: "MethodNotAllowed" });
  t.match((await admin.call("POST", `${maps}/one`, { body: {} })).json, { code: 405 });
  t.match((await admin.call("GET", `${maps}/one/status`)).json, { code: 404 });
  t.match((await admin.call("GET", "/api/v1/configmaps/one")).json, { code: 404 });
  t.match((await admin.call("GET", `${maps}/one`, { headers: { accept: "image/png" } })).json, {
    code: 406,
    reason: "NotAcceptable",
  });
  t.match((await admin.call("GET", "/nowhere")).json, { code: 404 });
  t.match((await admin.call("GET", "/api/v1/%zz")).json, { code: 400 });
});

t.test("owners of fields: kept by the server, changed by who knows them, and never by accident", async (t) => {
  const path = `${maps}/owned`;
  const apply = (manager: string, body: object, query = "") =>
    admin.call("PATCH", `${path}?fieldManager=${manager}${query}`, {
      body,
      headers: { "content-type": "application/apply-patch+yaml" },
    });
  const owners = (object: { metadata: { managedFields?: { manager: string; operation: string }[] } }) =>
    (object.metadata.managedFields ?? []).map(({ manager, operation }) => `${operation} ${manager}`);
  const created = await admin.call("POST", `${maps}?fieldManager=maker`, {
    body: configMap("owned", { a: "1", b: "1" }),
  });
  t.match(created.json.metadata.managedFields, [
    {
      manager: "maker",
      operation: "Update",
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } },
    },
  ]);
  t.same((await admin.call("GET", path)).json.metadata.managedFields, created.json.metadata.managedFields, "as stored");

  const refused = await apply("applier", { metadata: { name: "owned" }, data: { a: "2", c: "3" } });
  t.match(refused.json, {
    code: 409,
    reason: "Conflict",
    message: /^Apply failed with 1 conflict: conflict with "maker" using v1 at .*: \.data\.a$/,
    details: { causes: [{ reason: "FieldManagerConflict", field: ".data.a" }] },
  });
  const forced = await apply("applier", { metadata: { name: "owned" }, data: { a: "2", c: "3" } }, "&force=true");
  t.same(forced.json.data, { a: "2", b: "1", c: "3" });
  const again = await apply("applier", { metadata: { name: "owned" }, data: { a: "2", c: "3" } });
  t.equal(again.json.metadata.resourceVersion, forced.json.metadata.resourceVersion, "nothing is written twice");

  const { managedFields: _left, ...metadata } = forced.json.metadata;
  const put = await admin.call("PUT", `${path}?fieldManager=editor`, {
    body: { metadata, data: { a: "2", b: "2", c: "3" } },
  });
  t.same(owners(put.json), ["Apply applier", "Update editor"], "a client that knows nothing of owners loses none");
  const reset = await admin.call("PATCH", `${path}?fieldManager=editor`, {
    body: { metadata: { managedFields: [{}] } },
    headers: merge,
  });
  t.same(owners(reset.json), [], "an empty entry takes all owners away");
  const first = await apply("applier", { metadata: { name: "owned" }, data: { a: "3" } });
  t.match(first.json, { code: 409, message: /conflict with "before-first-apply" using v1/ });

  for (const [query, body, code] of [
    ["&force=maybe", { metadata: { name: "owned" } }, 200],
    ["", { metadata: { name: "other" } }, 400],
    ["", { metadata: { name: "owned", managedFields: [{ manager: "x" }] } }, 400],
    ["", { metadata: { name: "owned", resourceVersion: "1" } }, 409],
    ["", { metadata: { name: "owned", uid: "x" } }, 409],
    ["", { apiVersion: "v1", kind: "Secret" }, 400],
    ["", "[", 400],
  ] as const) {
    t.equal((await apply("x", body as object, query)).status, code, JSON.stringify(body));
  }
  t.equal((await admin.call("PATCH", `${path}?force=true`, { body: {}, headers: merge })).status, 422);
});

t.test("an apply makes what is not there, once, however many apply it", async (t) => {
  const apply = (manager: string) =>
    admin.call("PATCH", `${maps}/raced?fieldManager=${manager}`, {
      body: { metadata: { name: "raced" }, data: { [manager]: "1" } },
      headers: { "content-type": "application/apply-patch+yaml" },
    });
  const answers = await Promise.all(["a", "b", "c", "d"].map(apply));
  t.same(answers.map(({ status }) => status).sort(), [200, 200, 200, 201]);
  t.same((await admin.call("GET", `${maps}/raced`)).json.data, { a: "1", b: "1", c: "1", d: "1" });
});
