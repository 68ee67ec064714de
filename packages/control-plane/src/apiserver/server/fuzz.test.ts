import fc from "fast-check";
import t from "tap";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;

const workload = {
  apiVersion: "drydock.dev/v1",
  kind: "Workload",
  metadata: {
    name: "fuzz",
    labels: { app: "fuzz" },
    finalizers: ["a.b/c"],
    ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }],
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "fuzz" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
    template: {
      metadata: { labels: { app: "fuzz" } },
      spec: {
        containers: [{ name: "c", image: "i", env: [{ name: "A", value: "b" }], resources: { limits: { cpu: "1" } } }],
      },
    },
  },
};

/** The paths of every value inside a value. */
function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

function withValueAt(value: unknown, [key, ...rest]: (string | number)[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = withValueAt(copy[key], rest, replacement);
  return copy;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
  fc.constantFrom("", "\0", "x".repeat(300), -1, 2 ** 53, 1e308, {}, [], [[]], null, true, "__proto__", {
    __proto__: null,
    a: 1,
  }),
);
const mutated = fc
  .tuple(fc.constantFrom(...pathsIn(workload)), anything)
  .map(([path, value]) => withValueAt(workload, path, value));
const workloads = "/apis/drydock.dev/v1/namespaces/default/workloads";
const runs = Number(process.env.FUZZ_RUNS ?? 300);

/** Refused with a reason, or done: never a failure of the server, and never silence. */
function isAnswered({ status, json }: { status: number; json: { message?: string } | undefined }): void {
  if (status >= 200 && status < 300) return;
  if (status >= 400 && status < 500 && typeof json?.message === "string" && json.message.length > 0) return;
  throw new Error(`${status}: ${JSON.stringify(json)}`);
}

t.test("mutated objects are created or refused with a reason", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, fc.constantFrom("Strict", "Warn", "Ignore"), async (body, level) => {
      isAnswered(
        await admin.call("POST", `${workloads}?dryRun=All&fieldValidation=${level}`, {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      );
    }),
    { numRuns: runs },
  );
});

t.test("patches of every type are applied or refused with a reason", async () => {
  await admin.call("POST", workloads, { body: workload });
  const operations = fc.array(
    fc.record(
      {
        op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test", "x"),
        path: fc.constantFrom(
          "",
          "/",
          "/spec",
          "/spec/template/spec/containers/0",
          "/metadata/name",
          "/a~",
          "/__proto__/x",
          "/metadata/labels/-",
        ),
        from: fc.constantFrom("", "/spec", "/none"),
        value: anything,
      },
      { requiredKeys: ["op"] },
    ),
    { maxLength: 4 },
  );
  const directives = fc.constantFrom(
    { spec: { $patch: "delete" } },
    { metadata: { $retainKeys: [1] } },
    { spec: { template: { spec: { "$setElementOrder/containers": [1, null, {}] } } } },
    { spec: { template: { spec: { containers: [1, "x", null] } } } },
    { "$deleteFromPrimitiveList/": [] },
    { metadata: { "$deleteFromPrimitiveList/finalizers": "x" } },
  );
  const patch = fc.oneof(
    fc.tuple(fc.constant("json-patch+json"), fc.oneof(operations, anything)),
    fc.tuple(fc.constant("merge-patch+json"), fc.oneof(mutated, anything)),
    fc.tuple(fc.constant("strategic-merge-patch+json"), fc.oneof(mutated, directives, anything)),
  );
  await fc.assert(
    fc.asyncProperty(patch, async ([type, body]) => {
      isAnswered(
        await admin.call("PATCH", `${workloads}/fuzz?dryRun=All`, {
          body: JSON.stringify(body),
          headers: { "content-type": `application/${type}` },
        }),
      );
    }),
    { numRuns: runs },
  );
});

t.test("bytes, selectors and options of every kind", async () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data));
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom("application/json", "application/yaml", "x", ""), async (body, type) => {
      isAnswered(await admin.call("POST", workloads, { body, headers: { "content-type": type } }));
    }),
    { numRuns: runs },
  );
  const option = fc.constantFrom(
    "labelSelector",
    "fieldSelector",
    "limit",
    "continue",
    "resourceVersion",
    "resourceVersionMatch",
    "timeoutSeconds",
    "sendInitialEvents",
    "poll",
    "includeObject",
  );
  const selector = fc.string({ unit: fc.constantFrom(...'ab1 =!,()<>\\.-/"%in notin exists'), maxLength: 25 });
  const pairs = fc.array(fc.tuple(option, fc.oneof(selector, fc.string({ maxLength: 20 }), fc.integer().map(String))), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(pairs, async (query) => {
      const answer = await admin.call(
        "GET",
        `${workloads}?${new URLSearchParams(query.filter(([name]) => name !== "poll"))}`,
      );
      // A revision that has not happened yet may come: 504, as Kubernetes has it.
      if (answer.status !== 504) isAnswered(answer);
    }),
    { numRuns: runs },
  );
});

t.test("and the server is as it was", async (t) => {
  t.equal((await admin.call("GET", "/readyz")).text, "ok");
  t.match((await admin.call("GET", `${workloads}/fuzz`)).json.spec, workload.spec);
});
