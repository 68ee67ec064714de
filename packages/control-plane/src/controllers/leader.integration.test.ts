import { silentLogger } from "@drydock/kit";
import { findCondition, Lease, Node, Pod, startInformer, Workload } from "@drydock/machinery";
import t from "tap";
import { startScheduler } from "../scheduler/start-scheduler.ts";
import { startControllers } from "./start-controllers.ts";
import { startTestCluster } from "./test-support/cluster.ts";
import { startFakeAgent } from "./test-support/fake-agent.ts";
import { until } from "./test-support/until.ts";

const times = { leaseDurationMs: 1500, renewDeadlineMs: 1000, retryPeriodMs: 100 };

t.test("of several, one leads; when it goes, another goes on", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  const agent = await startFakeAgent({ client: admin, name: "node-a" });
  cluster.defer(() => agent.close());

  const start = async (identity: string) => {
    const leaderElection = { identity, times };
    const logger = silentLogger;
    const controllers = await startControllers({
      client: cluster.client("controller-manager"),
      logger,
      leaderElection,
    });
    const scheduler = await startScheduler({ client: cluster.client("scheduler"), logger, leaderElection });
    cluster.defer(() => Promise.all([controllers.close(), scheduler.close()]));
    await Promise.all([controllers.synced(), scheduler.synced()]);
    return { controllers, scheduler };
  };
  const runs = (name: string, count: number) =>
    until(
      admin,
      Pod,
      { namespace: "default", labelSelector: `app=${name}` },
      `${count} running pods of ${name}`,
      (pods) => pods.length === count && pods.every(({ status }) => status?.phase === "Running"),
    );

  const first = await start("first");
  await admin.create(Workload, web("one", 2));
  await runs("one", 2);
  const second = await start("second");
  t.same([first.controllers.isLeader(), second.controllers.isLeader()], [true, false]);
  t.same([first.scheduler.isLeader(), second.scheduler.isLeader()], [true, false]);
  t.same(Object.keys(second.controllers.health()), [], "who does not lead does nothing");

  await Promise.all([first.controllers.close(), first.scheduler.close()]);
  await admin.create(Workload, web("two", 3));
  await runs("two", 3);
  t.ok(second.controllers.isLeader());
  const leases = await admin.list(Lease, { namespace: "kube-system" });
  t.same(leases.items.map(({ metadata, spec }) => [metadata.name, spec?.holderIdentity]).sort(), [
    ["drydock-controllers", "second"],
    ["drydock-scheduler", "second"],
  ]);
});

t.test("an API server that goes away and comes back is no reason to stop, nor to call nodes lost", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  const agent = await startFakeAgent({ client: admin, name: "node-a", heartbeatMs: 300 });
  cluster.defer(() => agent.close());
  await cluster.controllers({ nodeMonitorGraceMs: 3000 });
  await cluster.scheduler();
  let lost = false;
  const nodes = startInformer(admin, Node);
  cluster.defer(() => nodes.stop());
  nodes.addHandler({
    updated: (node) => (lost ||= findCondition(node.status?.conditions, "Ready")?.status !== "True"),
  });

  await cluster.restartApiServer(1500);
  await admin.create(Workload, web("after", 2));
  await until(
    admin,
    Pod,
    { namespace: "default", labelSelector: "app=after" },
    "pods to run",
    (pods) => pods.length === 2 && pods.every(({ status }) => status?.phase === "Running"),
  );
  t.notOk(lost);
});

function web(name: string, replicas: number): Workload {
  return {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  };
}
