import t from "tap";
import { readObject, validateObject } from "../../schema/read-object.ts";
import { Workload } from "./workload.ts";

const read = (spec: object = {}, template: object = {}, podSpec: object = {}): Workload =>
  readObject(Workload, {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name: "web" },
    spec: { template: { ...template, spec: { containers: [{ name: "web", image: "web:1" }], ...podSpec } }, ...spec },
  }).object;

const errorsOf = (workload: Workload, old?: Workload): string[] =>
  validateObject(Workload, workload, old).map(({ field, message }) => `${field}: ${message}`);

t.test("defaults are those of a Deployment; the selector follows from the name", async (t) => {
  const workload = read({}, { metadata: { labels: { app: "web" } } });
  t.match(workload.spec, {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
    selector: { matchLabels: { "drydock.dev/workload": "web" } },
  });
  t.same(workload.spec.template.metadata?.labels, { "drydock.dev/workload": "web", app: "web" });
  t.same(errorsOf(workload), []);
  const own = read({ selector: { matchLabels: { app: "web" } } }, { metadata: { labels: { app: "web" } } });
  t.same(own.spec.template.metadata?.labels, { app: "web" }, "a selector that is given is left alone");
  t.same(errorsOf(own), []);
  t.equal(read({ strategy: { type: "Recreate" } }).spec.strategy?.rollingUpdate, undefined);
});

t.test("each rule", async (t) => {
  const labels = { metadata: { labels: { app: "web" } } };
  t.match(errorsOf(read({ selector: { matchLabels: { app: "x" } } }, labels)), [
    /^spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`$/,
  ]);
  t.same(errorsOf(read({ selector: {} }, labels)), [
    "spec.selector: Invalid value: {}: empty selector is invalid for workload",
  ]);
  t.same(errorsOf(read({}, {}, { restartPolicy: "Never" })), [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ]);
  t.same(errorsOf(read({ strategy: { type: "Recreate", rollingUpdate: {} } })), [
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ]);
  t.same(errorsOf(read({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } } })), [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ]);
  t.match(errorsOf(read({ strategy: { rollingUpdate: { maxSurge: "lots", maxUnavailable: "120%" } } })), [
    /^spec\.strategy\.rollingUpdate\.maxSurge: Invalid value: "lots": a valid percent string/,
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%',
  ]);
  t.same(errorsOf(read({ progressDeadlineSeconds: 5, minReadySeconds: 5 })), [
    "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds",
  ]);
  t.same(errorsOf(read({ replicas: -1 })), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]);
  t.same(errorsOf(read({}, {}, { containers: [{ name: "web" }] })), [
    "spec.template.spec.containers[0].image: Required value",
  ]);
  const old = read({ selector: { matchLabels: { app: "web" } } }, labels);
  t.match(errorsOf(read({ selector: { matchLabels: { b: "1" } } }, { metadata: { labels: { b: "1" } } }), old), [
    /^spec\.selector: Invalid value: .*field is immutable$/,
  ]);
});

t.test("columns", async (t) => {
  const workload: Workload = { ...read(), status: { readyReplicas: 2, updatedReplicas: 3 } };
  workload.spec.replicas = 3;
  const row = Object.fromEntries(Workload.columns.map(({ name, value }) => [name, value(workload, 0)]));
  t.match(row, {
    Name: "web",
    Ready: "2/3",
    "Up-to-date": 3,
    Available: 0,
    Images: "web:1",
    Selector: "drydock.dev/workload=web",
  });
});
