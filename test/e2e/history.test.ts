import { openStore } from "@drydock/control-plane";
import { type Client, ConfigMap, createClient, Lease, loadKubeconfig, Secret } from "@drydock/machinery";
import t from "tap";
import { historyOf } from "../../packages/cli/src/etcd/history.ts";
import { historyRows } from "../../packages/cli/src/etcd/history-text.ts";
import { keyOfObject } from "../../packages/cli/src/etcd/key-of-object.ts";
import { revisionAt } from "../../packages/cli/src/get/revision-at.ts";
import { startControlPlane } from "../conformance/kubectl/control-plane.ts";
import { Drydock } from "./cli/drydock.ts";

/** The past of objects: `drydock get --at` by the API, and `drydock etcd history` from etcd itself. */
const plane = await startControlPlane();
t.teardown(() => plane.close());
const client: Client = createClient(await loadKubeconfig(plane.kubeconfig), { userAgent: "test" });
t.teardown(() => client.close());
const store = openStore(plane.etcd);
t.teardown(() => store.close());

const namespace = "default";
const map = (value: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace },
  data: { value },
});
const first = await client.create(ConfigMap, map("one"));
const second = await client.update(ConfigMap, { ...first, data: { value: "two" } });
await client.delete(ConfigMap, { namespace, name: "settings" });
const third = await client.create(ConfigMap, map("three"));
const key = keyOfObject(ConfigMap, namespace, "settings");
const signal = AbortSignal.timeout(60_000);

t.test("every write of a key, with what it changed", async (t) => {
  t.equal(key, "/registry/configmaps/default/settings");
  const entries = await historyOf(store, key, signal);
  t.match(
    entries.map(({ what }) => what),
    ["created", "changed", "deleted", "created"],
  );
  t.equal(entries[0]?.revision, Number(first.metadata.resourceVersion));
  t.match(
    entries[1]?.changes.filter(({ path }) => path.startsWith("data")),
    [{ path: "data.value", before: "one", after: "two" }],
  );
  t.match(historyRows(entries).join("\n"), /changed,-, {2}data.value: "one" -> "two"/);
  t.same(await historyOf(store, "/registry/configmaps/default/none", signal), []);
});

t.test("a Secret's contents are not to be read there", async (t) => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "door", namespace },
    stringData: { key: "open sesame" },
  };
  await client.create(Secret, secret as Secret);
  const entries = await historyOf(store, keyOfObject(Secret, namespace, "door"), signal);
  t.match(historyRows(entries).join("\n"), /created,-,\d+ bytes that are encrypted/);
  t.notMatch(JSON.stringify(entries), /sesame|b3BlbiBzZXNhbWU/);
});

t.test("what was compacted is not there; what it left is where history begins", async (t) => {
  await store.compact(Number(second.metadata.resourceVersion));
  const entries = await historyOf(store, key, signal);
  t.match(entries, [
    { what: "there before", revision: Number(second.metadata.resourceVersion) },
    { what: "deleted" },
    { what: "created" },
  ]);
});

t.test("objects as they were, by revision and by time", async (t) => {
  const drydock = new Drydock(plane.directory);
  const get = (...words: string[]) => drydock.run(["get", "configmap", "settings", ...words]);
  const at = second.metadata.resourceVersion ?? "";
  t.match(JSON.parse((await get("--at", at, "-o", "json")).stdout), { data: { value: "two" } });
  t.match(JSON.parse((await get("-o", "json")).stdout), { data: { value: "three" } });
  const between = String(Number(third.metadata.resourceVersion) - 1);
  const gone = await get("--at", between);
  t.equal(gone.code, 3);
  t.match(gone.stderr, /configmaps "settings" was not there at revision \d+/);
  t.match((await get("--at", "1")).stderr, /too old|compacted|Expired/);
  t.match((await get("--at", "soon")).stderr, /"soon" is no length of time/);

  // Nobody holds a Lease here: we keep the time.
  const renewed = async (time: string): Promise<number> => {
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "clock", namespace },
      spec: { renewTime: time },
    };
    const current = await client.list(Lease, { namespace });
    const stored = await (current.items.length === 0
      ? client.create(Lease, lease as Lease)
      : client.update(Lease, lease as Lease));
    return Number(stored.metadata.resourceVersion);
  };
  const early = await renewed("2026-01-01T10:00:00.000000Z");
  await client.create(ConfigMap, { ...map("x"), metadata: { name: "between", namespace } });
  const late = await renewed("2026-01-01T10:05:00.000000Z");
  const noon = Date.parse("2026-01-01T10:06:00Z");
  t.match(await revisionAt(client, "2m", noon), { revision: late - 1, time: Date.parse("2026-01-01T10:00:00Z") });
  t.match(await revisionAt(client, "2026-01-01T10:05:30Z", noon), { time: Date.parse("2026-01-01T10:05:00Z") });
  t.ok((await revisionAt(client, "2m", noon)).revision >= early);
  await t.rejects(revisionAt(client, "1h", noon), { code: "CLI_HISTORY_GONE" });
});
