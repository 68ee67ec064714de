import t from "tap";
import { createClient } from "../client/create-client.ts";
import { ConfigMap } from "../kinds/config-map.ts";
import { Workload } from "../kinds/workload/workload.ts";
import type { Condition } from "../object.ts";
import { objectServer } from "../test-support/object-server.ts";
import { pod } from "../test-support/scripted-server.ts";
import { findCondition, isConditionTrue, withCondition } from "./conditions.ts";
import { createOrUpdate, getIfExists, retryOnConflict } from "./create-or-update.ts";
import { controllerOf, isControlledBy, setControllerReference } from "./owners.ts";

const web = (uid: string): Workload => ({
  apiVersion: "drydock.dev/v1",
  kind: "Workload",
  metadata: { name: "web", namespace: "default", uid },
  spec: { template: { spec: { containers: [] } } },
});

t.test("a condition keeps the time of its last transition", async (t) => {
  const at = (seconds: number): number => Date.UTC(2026, 0, 1, 0, 0, seconds);
  const none: Condition[] = [];
  const one = withCondition(none, { type: "Ready", status: "False", reason: "Starting" }, at(1));
  t.same(one, [{ type: "Ready", status: "False", reason: "Starting", lastTransitionTime: "2026-01-01T00:00:01Z" }]);
  const two = withCondition(one, { type: "Ready", status: "False", reason: "Slow" }, at(2));
  t.match(two, [{ reason: "Slow", lastTransitionTime: "2026-01-01T00:00:01Z" }]);
  t.equal(withCondition(two, { type: "Ready", status: "False", reason: "Slow" }, at(3)), two, "the same list");
  const three = withCondition(two, { type: "Ready", status: "True" }, at(4));
  t.same(three, [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:04Z" }]);
  const four = withCondition(three, { type: "Other", status: "Unknown" }, at(5));
  t.same(
    four.map(({ type }) => type),
    ["Ready", "Other"],
  );
  t.ok(isConditionTrue(four, "Ready"));
  t.notOk(isConditionTrue(four, "Other"));
  t.equal(findCondition(undefined, "Ready"), undefined);
});

t.test("owners are known by uid", async (t) => {
  const object = pod("web-1", 1);
  object.metadata.ownerReferences = [{ apiVersion: "v1", kind: "Node", name: "n", uid: "n1" }];
  t.equal(controllerOf(object), undefined);
  setControllerReference(object, web("u1"), Workload);
  setControllerReference(object, web("u1"), Workload);
  t.same(object.metadata.ownerReferences, [
    { apiVersion: "v1", kind: "Node", name: "n", uid: "n1" },
    {
      apiVersion: "drydock.dev/v1",
      kind: "Workload",
      name: "web",
      uid: "u1",
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  t.ok(isControlledBy(object, web("u1")));
  t.notOk(isControlledBy(object, web("u2")), "deleted and made again is another one");
  t.throws(() => setControllerReference(object, web("u2"), Workload), {
    code: "OWNER_CONFLICT",
    message: "Pod default/web-1 is already controlled by Workload web",
  });
});

t.test("createOrUpdate writes only what differs", async (t) => {
  const server = await objectServer();
  const client = createClient(server.config);
  t.teardown(async () => {
    await client.close();
    await server.close();
  });
  const initial: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "n" } };
  const set = (value: string) =>
    createOrUpdate(client, ConfigMap, initial, (object) => {
      object.data = { ...object.data, key: value };
    });
  t.equal(await getIfExists(client, ConfigMap, initial.metadata), undefined);
  t.equal((await set("1")).outcome, "created");
  t.equal((await set("1")).outcome, "unchanged");
  const { outcome, object } = await set("2");
  t.equal(outcome, "updated");
  t.same(object.data, { key: "2" });
  const writes = server.requests.filter((request) => !request.startsWith("GET"));
  t.equal(writes.length, 2);

  let tries = 0;
  await retryOnConflict(async () => {
    tries += 1;
    const stale = { ...object, metadata: { ...object.metadata, ...(tries < 3 ? { resourceVersion: "1" } : {}) } };
    await client.update(ConfigMap, stale);
  });
  t.equal(tries, 3);
  server.down = true;
  await t.rejects(getIfExists(client, ConfigMap, initial.metadata), { code: "API_UNAVAILABLE" });
});
