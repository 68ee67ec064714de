import { hasCode } from "@drydock/kit";
import {
  ConfigMap,
  ControllerRevision,
  Event,
  findCondition,
  type KubeObject,
  Namespace,
  Node,
  type OwnerReference,
  Pod,
  type ResourceType,
  ServiceAccount,
  Workload,
} from "@drydock/machinery";
import t from "tap";
import { startTestCluster } from "./test-support/cluster.ts";
import { startFakeAgent } from "./test-support/fake-agent.ts";
import { until } from "./test-support/until.ts";
import { isActive, isReady } from "./workload/pod-state.ts";

function web(name: string, namespace: string, replicas: number): Workload {
  return {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  };
}

t.test("a cluster of nodes, namespaces and owners on a real API server", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  const agent = async (name: string) => {
    const running = await startFakeAgent({ client: admin, name, heartbeatMs: 100 });
    cluster.defer(() => running.close());
    return running;
  };
  const [, b] = await Promise.all([agent("node-a"), agent("node-b"), agent("node-c")]);
  await cluster.controllers({ nodeMonitorGraceMs: 3000, defaultTolerationSeconds: 1, podGcQuarantineMs: 200 });
  await cluster.scheduler();

  const gone = <T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string, what: string) =>
    until(admin, type, { namespace, fieldSelector: `metadata.name=${name}` }, what, (all) => all.length === 0);

  await t.test("a lost node: Unknown, tainted, its pods replaced; back again, all is undone", async (t) => {
    await admin.create(Workload, web("web", "default", 3));
    const options = { namespace: "default", labelSelector: "app=web" };
    await until(admin, Pod, options, "ready pods", (all) => all.filter(isReady).length === 3);
    const [victim] = (await admin.list(Pod, options)).items.filter((pod) => pod.spec.nodeName === "node-b");
    t.ok(victim);

    b?.fail();
    const nodeB = (what: string, holds: (node: Node) => boolean) =>
      until(admin, Node, { fieldSelector: "metadata.name=node-b" }, what, ([node]) => !!node && holds(node));
    const [lost] = await nodeB("taints", (node) => (node.spec?.taints ?? []).length > 0);
    t.match(findCondition(lost?.status?.conditions, "Ready"), {
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
    });
    t.match(
      lost?.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
    );
    await until(admin, Pod, options, "the pod on the lost node to be not ready", (all) =>
      all.some((pod) => pod.metadata.uid === victim?.metadata.uid && !isReady(pod)),
    );
    const pods = await until(
      admin,
      Pod,
      options,
      "a replacement on another node",
      (all) => all.filter((pod) => isActive(pod) && isReady(pod) && pod.spec.nodeName !== "node-b").length === 3,
    );
    const evicted = pods.find(({ metadata }) => metadata.uid === victim?.metadata.uid);
    t.ok(evicted?.metadata.deletionTimestamp, "evicted, and still there: nobody can say that it has ended");
    t.equal(findCondition(evicted?.status?.conditions, "DisruptionTarget")?.reason, "DeletionByTaintManager");

    await b?.recover();
    await nodeB("taints to go", (node) => (node.spec?.taints ?? []).length === 0);
    await until(admin, Pod, options, "the evicted pod to be ended", (all) => all.length === 3);
  });

  await t.test("a node that is deleted takes its pods with it", async (t) => {
    const extra = await agent("node-d");
    await admin.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "pinned", namespace: "default" },
      spec: { nodeName: "node-d", containers: [{ name: "c", image: "c:1" }] },
    });
    await until(admin, Pod, { fieldSelector: "metadata.name=pinned" }, "it to run", ([pod]) => !!pod && isReady(pod));
    extra.fail();
    await admin.delete(Node, { name: "node-d" });
    await gone(Pod, "default", "pinned", "the pod to be removed");
    t.pass();
  });

  await t.test("a pod that fits nowhere says why, and is placed when it fits", async (t) => {
    const requests = { cpu: "6", memory: "1Gi" };
    await admin.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "large", namespace: "default" },
      spec: { containers: [{ name: "c", image: "c:1", resources: { requests } }] },
    });
    const options = { namespace: "default", fieldSelector: "metadata.name=large" };
    const [pod] = await until(
      admin,
      Pod,
      options,
      "the condition",
      ([one]) => findCondition(one?.status?.conditions, "PodScheduled") !== undefined,
    );
    const condition = findCondition(pod?.status?.conditions, "PodScheduled");
    t.match(condition, {
      status: "False",
      reason: "Unschedulable",
      message: "0/3 nodes are available: 3 Insufficient cpu.",
    });
    await until(admin, Event, { namespace: "default" }, "the event", (all) =>
      all.some(({ reason, message }) => reason === "FailedScheduling" && message === condition?.message),
    );
    const node = await admin.get(Node, { name: "node-c" });
    await admin.updateStatus(Node, {
      ...node,
      status: { ...node.status, allocatable: { cpu: "8", memory: "8Gi", pods: "110" } },
    });
    const [placed] = await until(admin, Pod, options, "it to be placed", ([one]) => one?.spec.nodeName !== undefined);
    t.equal(placed?.spec.nodeName, "node-c");
    await admin.delete(Pod, { namespace: "default", name: "large" });
  });

  await t.test("cordoned, a node takes no new pods", async (t) => {
    await admin.patch(Node, { name: "node-c" }, "merge", { spec: { unschedulable: true } });
    await admin.create(Workload, web("elsewhere", "default", 4));
    const pods = await until(
      admin,
      Pod,
      { namespace: "default", labelSelector: "app=elsewhere" },
      "pods",
      (all) => all.filter(isReady).length === 4,
    );
    t.notOk(pods.some((pod) => pod.spec.nodeName === "node-c"));
    await admin.patch(Node, { name: "node-c" }, "merge", { spec: { unschedulable: null } });
    await until(admin, Node, {}, "the taint to go", (all) => all.every((node) => !node.spec?.taints?.length));
  });

  await t.test("what has lost its owner is collected: background, foreground, orphan", async (t) => {
    await admin.create(Workload, web("back", "default", 2));
    const podsOf = (app: string) => ({ namespace: "default", labelSelector: `app=${app}` });
    await until(admin, Pod, podsOf("back"), "pods", (all) => all.filter(isReady).length === 2);
    await admin.delete(Workload, { namespace: "default", name: "back" }, { propagationPolicy: "Background" });
    await until(admin, Pod, podsOf("back"), "its pods to go", (all) => all.length === 0);
    await until(admin, ControllerRevision, podsOf("back"), "its revisions to go", (all) => all.length === 0);

    await admin.create(Workload, web("front", "default", 2));
    await until(admin, Pod, podsOf("front"), "pods", (all) => all.filter(isReady).length === 2);
    await admin.delete(Workload, { namespace: "default", name: "front" }, { propagationPolicy: "Foreground" });
    await gone(Workload, "default", "front", "the owner to go");
    t.same((await admin.list(Pod, podsOf("front"))).items, [], "its dependents went before it");
  });

  await t.test("ownership: several owners, a wrong uid, cycles", async (t) => {
    const make = (name: string, owners: KubeObject[] = []) =>
      admin.create(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "default", ownerReferences: owners.map((owner) => reference(owner)) },
      });
    const get = (name: string) => admin.get(ConfigMap, { namespace: "default", name });
    const [one, two] = [await make("one"), await make("two")];
    await make("both", [one, two]);
    await admin.delete(ConfigMap, one.metadata);
    await until(
      admin,
      ConfigMap,
      { namespace: "default", fieldSelector: "metadata.name=both" },
      "the reference to the lost owner to be dropped",
      ([both]) => both?.metadata.ownerReferences?.length === 1,
    );
    await admin.delete(ConfigMap, two.metadata);
    await gone(ConfigMap, "default", "both", "the last owner to take it along");

    const owner = await make("same-name");
    await admin.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "mistaken",
        namespace: "default",
        ownerReferences: [{ ...reference(owner), uid: "00000000-0000-0000-0000-000000000000" }],
      },
    });
    await gone(ConfigMap, "default", "mistaken", "an object whose owner's uid is that of no object");
    t.ok(await get("same-name"));

    // Each owns the other, and blocks it.
    const left = await make("left");
    const right = await make("right", [left]);
    await admin.update(ConfigMap, {
      ...left,
      metadata: { ...left.metadata, ownerReferences: [reference(right)] },
    });
    await admin.delete(ConfigMap, left.metadata, { propagationPolicy: "Foreground" });
    await gone(ConfigMap, "default", "left", "a cycle to be broken");
    await gone(ConfigMap, "default", "right", "a cycle to be broken");
  });

  await t.test("a namespace gets its service account, and goes with all that is in it", async (t) => {
    await admin.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } });
    await until(admin, ServiceAccount, { namespace: "team" }, "the account", (all) =>
      all.some(({ metadata }) => metadata.name === "default"),
    );
    await admin.delete(ServiceAccount, { namespace: "team", name: "default" });
    await until(admin, ServiceAccount, { namespace: "team" }, "it to come back", (all) => all.length === 1);

    await admin.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "held", namespace: "team", finalizers: ["example.com/hold"] },
    });
    await admin.create(Workload, web("web", "team", 2));
    await until(admin, Pod, { namespace: "team" }, "pods", (all) => all.filter(isReady).length === 2);
    await admin.delete(Namespace, { name: "team" });
    const [waiting] = await until(
      admin,
      Namespace,
      { fieldSelector: "metadata.name=team" },
      "it to say what it waits for",
      ([one]) => findCondition(one?.status?.conditions, "NamespaceFinalizersRemaining") !== undefined,
    );
    t.equal(waiting?.status?.phase, "Terminating");
    t.match(
      findCondition(waiting?.status?.conditions, "NamespaceFinalizersRemaining")?.message,
      "example.com/hold in 1 resource instances",
    );
    await admin.patch(ConfigMap, { namespace: "team", name: "held" }, "merge", { metadata: { finalizers: null } });
    await until(admin, Namespace, {}, "the namespace to go", (all) =>
      all.every(({ metadata }) => metadata.name !== "team"),
    );
    for (const type of [Pod, Workload, ConfigMap, ServiceAccount] as ResourceType[]) {
      t.same((await admin.list(type, { namespace: "team" })).items, [], type.plural);
    }
    await t.rejects(
      admin.get(Namespace, { name: "team" }).catch((error: unknown) => {
        t.ok(hasCode(error, "API_NOT_FOUND"));
        throw error;
      }),
    );
  });
});

function reference(owner: KubeObject): OwnerReference {
  const { name, uid = "" } = owner.metadata;
  return { apiVersion: "v1", kind: "ConfigMap", name, uid, blockOwnerDeletion: true };
}
