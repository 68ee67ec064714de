import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "@drydock/kit";
import {
  ConfigMap,
  createClient,
  findCondition,
  getIfExists,
  loadKubeconfig,
  Node,
  Pod,
  Workload,
} from "@drydock/machinery";
import t, { type Test } from "tap";
import { startLabCluster } from "./lab-cluster.ts";

function directory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), "lab-cluster-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 30_000; ; await sleep(20)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error("not within 30 s");
  }
}

const configMap = (name: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});

t.test("a cluster without its Workload controller", async (t) => {
  const started = performance.now();
  const cluster = await startLabCluster({ directory: directory(t), without: ["workload"], nodes: 1 });
  t.teardown(() => cluster.stop());
  t.comment(`ready after ${Math.round(performance.now() - started)} ms`);
  const { client } = cluster;
  const pod = (name: string): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "main", image: "image" }] },
  });

  await t.test("its scheduler places a pod, and a hollow node reports it", async (t) => {
    await client.create(Pod, pod("one"));
    const running = await until(async () => {
      const seen = await client.get(Pod, { namespace: "default", name: "one" });
      return findCondition(seen.status?.conditions, "Ready")?.status === "True" && seen;
    });
    t.equal(running.spec.nodeName, "node-1");
    await client.delete(Pod, running.metadata);
    await until(async () => (await getIfExists(client, Pod, running.metadata)) === undefined);
  });

  await t.test("nobody makes pods of a Workload", async (t) => {
    const metadata = { namespace: "default", name: "web" };
    const spec = { replicas: 2, template: { spec: pod("").spec } };
    await client.create(Workload, { apiVersion: "drydock.dev/v1", kind: "Workload", metadata, spec });
    // Others work meanwhile: when this pod is bound, a controller would have done its part, too.
    await client.create(Pod, pod("two"));
    await until(async () => (await client.get(Pod, { namespace: "default", name: "two" })).spec.nodeName);
    t.equal((await client.list(Pod, { namespace: "default" })).items.length, 1);
  });

  await t.test("a node that fails is noticed, and recovers", async () => {
    const ready = async (): Promise<string | undefined> =>
      findCondition((await client.get(Node, { name: "node-1" })).status?.conditions, "Ready")?.status;
    cluster.nodes.get("node-1")?.fail();
    await until(async () => (await ready()) === "Unknown");
    await cluster.nodes.get("node-1")?.recover();
    await until(async () => (await ready()) === "True");
  });

  await t.test("a gateway sees, holds and cuts what passes", async (t) => {
    const gateway = await cluster.gateway();
    const learner = createClient(await loadKubeconfig(gateway.env.KUBECONFIG));
    t.teardown(() => learner.close());
    await learner.create(ConfigMap, configMap("a"));
    t.match(gateway.requests, [
      { method: "POST", path: "/api/v1/namespaces/default/configmaps", status: 201, body: { metadata: { name: "a" } } },
    ]);

    const gate = Promise.withResolvers<void>();
    gateway.before = () => gate.promise;
    let done = false;
    const writing = learner.create(ConfigMap, configMap("b")).then(() => {
      done = true;
    });
    await until(async () => gateway.requests.length === 2);
    t.equal(await getIfExists(client, ConfigMap, configMap("b").metadata), undefined, "is held");
    t.notOk(done);
    gate.resolve();
    gateway.before = undefined;
    await writing;

    const watching = (async () => {
      for await (const _ of learner.watch(ConfigMap, { namespace: "default" }));
    })();
    const ended = t.rejects(watching, { code: "API_UNAVAILABLE" }, "its watch breaks");
    await until(async () => gateway.requests.some(({ query, status }) => query.has("watch") && status === 200));
    gateway.cut();
    await ended;
    await until(async () => gateway.requests.every(({ open }) => !open));
  });

  await t.test("the control plane is killed and comes back with its data; history can be forgotten", async (t) => {
    const { metadata } = await client.create(ConfigMap, configMap("before"));
    await cluster.controlPlane.kill();
    await t.rejects(client.get(ConfigMap, metadata), { code: "API_UNAVAILABLE" });
    await cluster.controlPlane.start();
    t.equal((await client.get(ConfigMap, metadata)).metadata.uid, metadata.uid);
    const since = { namespace: "default", resourceVersion: metadata.resourceVersion };
    await client.create(ConfigMap, configMap("after"));
    for await (const event of client.watch(ConfigMap, since)) {
      t.equal(
        event.object.metadata.resourceVersion !== metadata.resourceVersion,
        true,
        "a watch goes on over a restart",
      );
      break;
    }
    await cluster.forgetHistory();
    const expired = async (): Promise<string> => {
      try {
        for await (const _ of client.watch(ConfigMap, since)) return "an event";
        return "the end";
      } catch (error) {
        return hasCode(error) ? error.code : String(error);
      }
    };
    t.equal(await expired(), "API_EXPIRED");
  });

  await t.test("stop ends its processes", async (t) => {
    const { pid } = cluster.controlPlane;
    await cluster.stop();
    t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });
});

t.test("a part that there is not is refused by name", async (t) => {
  const options = { directory: directory(t), without: ["schedular"] };
  await t.rejects(startLabCluster(options), { code: "LAB_CLUSTER", hint: /scheduler/ });
});
