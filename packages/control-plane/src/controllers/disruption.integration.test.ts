import { Pod, PodDisruptionBudget, Workload } from "@drydock/machinery";
import t from "tap";
import { startTestCluster } from "./test-support/cluster.ts";
import { startFakeAgent } from "./test-support/fake-agent.ts";
import { until } from "./test-support/until.ts";
import { isReady } from "./workload/pod-state.ts";

const namespace = "default";

t.test("evictions are allowed as far as the budget goes, however many ask at once", async (t) => {
  const cluster = await startTestCluster();
  t.teardown(() => cluster.close());
  const { admin } = cluster;
  const agent = await startFakeAgent({ client: admin, name: "node-a" });
  cluster.defer(() => agent.close());
  await cluster.controllers();
  await cluster.scheduler();

  await admin.create(PodDisruptionBudget, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web", namespace },
    spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } },
  });
  await admin.create(Workload, {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name: "web", namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  });
  const pods = await until(
    admin,
    Pod,
    { namespace, labelSelector: "app=web" },
    "3 ready pods",
    (all) => all.length === 3 && all.every(isReady),
  );
  const budgetIs = (what: string, holds: (status: NonNullable<PodDisruptionBudget["status"]>) => boolean) =>
    until(admin, PodDisruptionBudget, { namespace }, what, ([budget]) => !!budget?.status && holds(budget.status));
  await budgetIs(
    "one may go",
    ({ disruptionsAllowed, currentHealthy }) => disruptionsAllowed === 1 && currentHealthy === 3,
  );

  const evict = async ({ metadata }: Pod): Promise<string> => {
    const { name } = metadata;
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    try {
      await admin.createSubresource(Pod, { namespace, name }, "eviction", eviction);
      return "evicted";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const outcomes = await Promise.all(pods.map(evict));
  t.same(outcomes.sort(), ["API_TOO_MANY_REQUESTS", "API_TOO_MANY_REQUESTS", "evicted"]);
  await budgetIs(
    "the lost pod is replaced, and one may go again",
    ({ disruptionsAllowed, disruptedPods }) => disruptionsAllowed === 1 && !disruptedPods,
  );
});
