import { setTimeout as sleep } from "node:timers/promises";
import { ControllerRevision, Event, findCondition, Pod, Workload } from "@drydock/machinery";
import t from "tap";
import { startTestCluster } from "./test-support/cluster.ts";
import { brokenImage, startFakeAgent } from "./test-support/fake-agent.ts";
import { until } from "./test-support/until.ts";
import { hashOf } from "./workload/plan.ts";
import { isActive, isReady } from "./workload/pod-state.ts";

const namespace = "default";

function web(name: string, replicas: number, image = "web:1", spec: Partial<Workload["spec"]> = {}): Workload {
  return {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "web", image }] } },
      ...spec,
    },
  };
}

t.test("workloads on a real API server", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  for (const name of ["node-a", "node-b", "node-c"]) {
    const agent = await startFakeAgent({ client: admin, name });
    cluster.defer(() => agent.close());
  }
  await cluster.controllers();
  await cluster.scheduler();

  const podsOf = (name: string) => ({ namespace, labelSelector: `app=${name}` });
  const readyPods = (name: string, count: number, what = `${count} ready pods of ${name}`) =>
    until(admin, Pod, podsOf(name), what, (pods) => pods.length === count && pods.every(isReady));
  const settled = (name: string, holds: (workload: Workload) => boolean, what: string) =>
    until(admin, Workload, { namespace, fieldSelector: `metadata.name=${name}` }, what, ([one]) => !!one && holds(one));
  const patch = (name: string, spec: object) => admin.patch(Workload, { namespace, name }, "merge", { spec });

  await t.test("creates pods, quickly and spread over the nodes", async (t) => {
    const started = performance.now();
    await admin.create(Workload, web("web", 3));
    await until(admin, Pod, podsOf("web"), "3 bound pods", (pods) => pods.filter((p) => p.spec.nodeName).length === 3);
    const took = performance.now() - started;
    t.comment(`from Workload to all pods bound: ${Math.round(took)} ms`);
    const pods = await readyPods("web", 3);
    t.same(pods.map((pod) => pod.spec.nodeName).sort(), ["node-a", "node-b", "node-c"]);
    for (const { metadata } of pods) t.match(metadata.name, /^web-[a-z0-9]+-[a-z0-9]{5}$/);
    const [workload] = await settled("web", ({ status }) => status?.availableReplicas === 3, "status");
    t.match(workload?.status, {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      unavailableReplicas: 0,
      selector: "app=web",
    });
    const [done] = await settled(
      "web",
      ({ status }) => findCondition(status?.conditions, "Progressing")?.reason === "NewReplicaSetAvailable",
      "rollout to be complete",
    );
    t.equal(findCondition(done?.status?.conditions, "Available")?.reason, "MinimumReplicasAvailable");
    t.equal(done?.metadata.annotations?.["drydock.dev/revision"], "1");
    const events = await until(admin, Event, { namespace }, "events", (all) =>
      ["ScaledUp", "Scheduled"].every((reason) => all.some((event) => event.reason === reason)),
    );
    t.ok(events.some(({ message }) => message?.startsWith("Successfully assigned default/web-")));
  });

  await t.test("scales up and down, and replaces what is lost", async (t) => {
    await patch("web", { replicas: 5 });
    const pods = await readyPods("web", 5);
    await patch("web", { replicas: 2 });
    const left = await readyPods("web", 2);
    for (const pod of left) t.ok(pods.some(({ metadata }) => metadata.uid === pod.metadata.uid));

    const [victim] = left;
    await admin.delete(Pod, { namespace, name: victim?.metadata.name ?? "" });
    await until(
      admin,
      Pod,
      podsOf("web"),
      "a replacement",
      (all) => all.length === 2 && all.every(isReady) && all.every((pod) => pod.metadata.uid !== victim?.metadata.uid),
    );
  });

  await t.test("rolls to a new template within its bounds, and back", async (t) => {
    await admin.create(Workload, web("roll", 4, "web:1", { strategy: strategy(1, 1) }));
    await readyPods("roll", 4);
    await settled("roll", ({ status }) => status?.availableReplicas === 4, "availability");

    const seen = await watchCounts(async () => {
      await patch("roll", { template: template("roll", "web:2") });
      await settled("roll", complete(4), "the rollout to be complete");
    });
    t.ok(seen.most <= 5, `at most replicas + maxSurge pods at once: ${seen.most}`);
    t.ok(seen.fewestReady >= 3, `at least replicas - maxUnavailable ready pods at all times: ${seen.fewestReady}`);
    t.ok(seen.changes > 0);
    const pods = await readyPods("roll", 4);
    t.ok(pods.every((pod) => pod.spec.containers[0]?.image === "web:2"));

    await patch("roll", { template: template("roll", "web:1") });
    const [back] = await settled("roll", complete(4), "the rollout back to be complete");
    t.equal(back?.metadata.annotations?.["drydock.dev/revision"], "3");
    const revisions = await admin.list(ControllerRevision, podsOf("roll"));
    t.same(revisions.items.map(({ revision }) => revision).sort(), [2, 3], "the first revision has moved to the top");

    async function watchCounts(during: () => Promise<void>) {
      const stop = new AbortController();
      const pods = new Map<string, Pod>();
      const result = { most: 0, fewestReady: Number.POSITIVE_INFINITY, changes: 0 };
      const listed = await admin.list(Pod, podsOf("roll"));
      for (const pod of listed.items) pods.set(pod.metadata.name, pod);
      const watching = (async () => {
        const { resourceVersion } = listed.metadata;
        try {
          for await (const event of admin.watch(Pod, { ...podsOf("roll"), resourceVersion, signal: stop.signal })) {
            if (event.type === "BOOKMARK") continue;
            if (event.type === "DELETED") pods.delete(event.object.metadata.name);
            else pods.set(event.object.metadata.name, event.object);
            const active = [...pods.values()].filter(isActive);
            result.changes += 1;
            result.most = Math.max(result.most, active.length);
            result.fewestReady = Math.min(result.fewestReady, active.filter(isReady).length);
          }
        } catch (error) {
          if (!stop.signal.aborted) throw error;
        }
      })();
      await during();
      stop.abort();
      await watching;
      return result;
    }
  });

  await t.test("a rollout that does not become ready times out, and keeps enough of the old pods", async (t) => {
    await admin.create(Workload, web("stuck", 2, "web:1", { strategy: strategy(1, 0), progressDeadlineSeconds: 1 }));
    await settled("stuck", complete(2), "the first rollout");
    await patch("stuck", { template: template("stuck", brokenImage) });
    const [workload] = await settled(
      "stuck",
      ({ status }) => findCondition(status?.conditions, "Progressing")?.reason === "ProgressDeadlineExceeded",
      "ProgressDeadlineExceeded",
    );
    t.equal(findCondition(workload?.status?.conditions, "Progressing")?.status, "False");
    t.equal(workload?.status?.availableReplicas, 2);

    const pods = (await admin.list(Pod, podsOf("stuck"))).items;
    const good = pods.find(isReady);
    await admin.delete(Pod, { namespace, name: good?.metadata.name ?? "" });
    await until(
      admin,
      Pod,
      podsOf("stuck"),
      "the lost good pod to be replaced by a good one",
      (all) => all.filter(isReady).length === 2 && all.every(({ metadata }) => metadata.uid !== good?.metadata.uid),
    );

    await patch("stuck", { template: template("stuck", "web:1") });
    await settled("stuck", complete(2), "the way back to be complete");
    await readyPods("stuck", 2);
  });

  await t.test("recreate ends all old pods before it makes new ones", async (t) => {
    await admin.create(Workload, web("anew", 2, "web:1", { strategy: { type: "Recreate" } }));
    await settled("anew", complete(2), "the first rollout");
    const hashes = new Set<string>();
    const stop = new AbortController();
    let mixed = false;
    const { metadata } = await admin.list(Pod, podsOf("anew"));
    const watching = (async () => {
      const live = new Map<string, string>();
      try {
        for await (const event of admin.watch(Pod, {
          ...podsOf("anew"),
          resourceVersion: metadata.resourceVersion,
          signal: stop.signal,
        })) {
          if (event.type === "BOOKMARK") continue;
          if (event.type === "DELETED") live.delete(event.object.metadata.name);
          else live.set(event.object.metadata.name, hashOf(event.object));
          hashes.add(hashOf(event.object));
          mixed ||= new Set(live.values()).size > 1;
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    })();
    await patch("anew", { template: template("anew", "web:2") });
    await settled("anew", complete(2), "the second rollout");
    stop.abort();
    await watching;
    t.equal(hashes.size, 2);
    t.notOk(mixed, "never pods of both at once");
  });

  await t.test("paused, it scales and does not roll; resumed, it does", async (t) => {
    await admin.create(Workload, web("calm", 2));
    await settled("calm", complete(2), "the first rollout");
    await patch("calm", { paused: true, template: template("calm", "web:2"), replicas: 3 });
    const pods = await readyPods("calm", 3);
    t.ok(pods.every((pod) => pod.spec.containers[0]?.image === "web:1"));
    await settled(
      "calm",
      ({ status }) => findCondition(status?.conditions, "Progressing")?.reason === "DeploymentPaused",
      "the condition to say so",
    );
    await patch("calm", { paused: null });
    await settled("calm", complete(3), "the rollout to be complete");
    t.ok((await readyPods("calm", 3)).every((pod) => pod.spec.containers[0]?.image === "web:2"));
  });

  await t.test("a pod whose label is taken off is let go and replaced; orphans are adopted", async (t) => {
    await admin.create(Workload, web("own", 2));
    const [pod] = await readyPods("own", 2);
    const name = pod?.metadata.name ?? "";
    await admin.patch(Pod, { namespace, name }, "merge", { metadata: { labels: { app: "debug" } } });
    await readyPods("own", 2);
    const [released] = await until(
      admin,
      Pod,
      { namespace, fieldSelector: `metadata.name=${name}` },
      "release",
      ([one]) => (one?.metadata.ownerReferences ?? []).length === 0,
    );
    t.equal(released?.metadata.deletionTimestamp, undefined);
    await admin.delete(Pod, { namespace, name });

    await admin.delete(Workload, { namespace, name: "own" }, { propagationPolicy: "Orphan" });
    await until(
      admin,
      Pod,
      podsOf("own"),
      "orphans",
      (all) => all.length === 2 && all.every(({ metadata }) => (metadata.ownerReferences ?? []).length === 0),
    );
    await until(admin, Workload, { namespace }, "the workload to go", (all) =>
      all.every(({ metadata }) => metadata.name !== "own"),
    );
    const before = (await admin.list(Pod, podsOf("own"))).items.map(({ metadata }) => metadata.uid).sort();
    const again = await admin.create(Workload, web("own", 2));
    const adopted = await until(admin, Pod, podsOf("own"), "adoption", (all) =>
      all.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === again.metadata.uid),
    );
    t.same(adopted.map(({ metadata }) => metadata.uid).sort(), before, "the same pods go on");
  });

  await t.test("two controllers at once make no pod too many", async (t) => {
    await cluster.controllers();
    const counts = Array.from({ length: 10 }, (_, i) => ({ name: `twice-${i}`, replicas: 1 + (i % 5) }));
    let most = 0;
    const stop = new AbortController();
    const { metadata } = await admin.list(Pod, { namespace });
    const watching = (async () => {
      const live = new Map<string, number>();
      try {
        for await (const event of admin.watch(Pod, {
          namespace,
          resourceVersion: metadata.resourceVersion,
          signal: stop.signal,
        })) {
          const app = event.type === "BOOKMARK" ? "" : (event.object.metadata.labels?.app ?? "");
          if (event.type !== "ADDED" || !app.startsWith("twice")) continue;
          live.set(app, (live.get(app) ?? 0) + 1);
          const wanted = counts.find(({ name }) => name === app)?.replicas ?? 0;
          most = Math.max(most, (live.get(app) ?? 0) - wanted);
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    })();
    await Promise.all(counts.map(({ name, replicas }) => admin.create(Workload, web(name, replicas))));
    for (const { name, replicas } of counts) await settled(name, complete(replicas), `${name} to be complete`);
    await sleep(100);
    stop.abort();
    await watching;
    t.equal(most, 0);
  });
});

function template(name: string, image: string) {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name: "web", image }] } };
}

function strategy(maxSurge: number, maxUnavailable: number): NonNullable<Workload["spec"]["strategy"]> {
  return { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
}

function complete(replicas: number) {
  return ({ metadata, status }: Workload): boolean =>
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === replicas &&
    status.availableReplicas === replicas &&
    status.replicas === replicas &&
    findCondition(status.conditions, "Progressing")?.reason === "NewReplicaSetAvailable";
}
