import type { CheckTools, LabCheck, LabCluster, Running } from "@drydock/labs";
import { type Informer, isConditionTrue, Pod, startInformer, Workload } from "@drydock/machinery";

interface Stage {
  cluster: LabCluster;
  pods: Informer<Pod>;
  program: Running;
}

type Share = number | string;
let shared: Promise<Stage> | undefined;

/** A cluster without our Workload controller; a pod needs a moment to get ready, and one whose image says "broken" never is. */
function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const isReady = ({ spec }: Pod): boolean => !spec.containers[0]?.image?.includes("broken");
    const node = { name: "node-1", readyAfterMs: 120, isReady };
    const cluster = await t.cluster({ without: ["workload"], nodes: [node] });
    const { env } = await cluster.gateway();
    const pods = startInformer(cluster.client, Pod);
    await pods.synced();
    return { cluster, pods, program: await t.start("controller.ts", [], { env }) };
  })();
  return shared;
}

const imageOf = (name: string, version: string): string => `${name}:${version}`;

function make(
  t: CheckTools,
  { cluster }: Stage,
  replicas: number,
  maxSurge: Share,
  maxUnavailable: Share,
): Promise<Workload> {
  const name = t.word();
  return cluster.client.create(Workload, {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", image: imageOf(name, "v1") }] },
      },
    },
  });
}

interface Counts {
  all: number;
  ready: number;
  /** Of the version that is asked for. */
  updated: number;
}

function count({ pods }: Stage, { metadata: { name } }: Workload, version: string): Counts {
  const own = pods
    .list("default")
    .filter(({ metadata }) => metadata.labels?.app === name && metadata.deletionTimestamp === undefined);
  const isReady = ({ status }: Pod): boolean => isConditionTrue(status?.conditions, "Ready");
  const updated = own.filter((pod) => isReady(pod) && pod.spec.containers[0]?.image === imageOf(name, version));
  return { all: own.length, ready: own.filter(isReady).length, updated: updated.length };
}

async function requireComplete(
  t: CheckTools,
  on: Stage,
  workload: Workload,
  version: string,
  replicas: number,
): Promise<void> {
  const isDone = (): boolean => {
    const { all, updated } = count(on, workload, version);
    return all === replicas && updated === replicas;
  };
  if (await t.until(isDone, 2 * on.cluster.patienceMs)) return;
  const { all, ready, updated } = count(on, workload, version);
  const error = on.program.stderr.split("\n").find((line) => /error/i.test(line));
  throw t.wrong(
    `after a while the Workload has ${all} pods, ${ready} of them ready, ${updated} ready of version ${version}, expected ${replicas}, all of that version${error ? `; your program said: ${error.trim().slice(0, 160)}` : ""}`,
    "plan is called again whenever a pod comes, goes or becomes ready: each time there must be a step to do, until all are new",
  );
}

/** Sets another image, and holds every state that etcd had until `until` resolves against the two limits. */
async function roll(
  t: CheckTools,
  on: Stage,
  workload: Workload,
  version: string,
  limits: { most: number; least: number; said: string },
  until: () => Promise<unknown>,
): Promise<void> {
  const broken: string[] = [];
  const look = (): void => {
    const { all, ready } = count(on, workload, version);
    if (all > limits.most) broken.push(`there were ${all} pods, expected ${limits.most} at most`);
    if (ready < limits.least) broken.push(`${ready} pods were ready, expected ${limits.least} at least`);
  };
  const end = on.pods.addHandler({ added: look, updated: look, deleted: look });
  const containers = [{ name: "main", image: imageOf(workload.metadata.name, version) }];
  await on.cluster.client.patch(Workload, workload.metadata, "merge", { spec: { template: { spec: { containers } } } });
  const raise = (): void => {
    if (broken[0] !== undefined)
      throw t.wrong(
        `with ${limits.said} ${broken[0]} at any time`,
        "both limits hold at each instant, not only at the end",
      );
  };
  try {
    await until();
  } catch (error) {
    // What is worse than not getting done comes first.
    raise();
    throw error;
  } finally {
    end();
  }
  raise();
}

export const steps: LabCheck = {
  async scale(t) {
    const on = await stage(t);
    const replicas = t.number(3, 6);
    const workload = await make(t, on, replicas, 1, 0);
    await t.until(() => count(on, workload, "v1").ready === replicas, 2 * on.cluster.patienceMs);
    const { all } = count(on, workload, "v1");
    if (all !== replicas)
      throw t.wrong(`the Workload has ${all} pods, expected ${replicas}`, "plan gives how many are to be made");
    await on.cluster.client.patch(Workload, workload.metadata, "merge", { spec: { replicas: 1 } });
    await t.until(() => count(on, workload, "v1").all === 1, on.cluster.patienceMs);
    const left = count(on, workload, "v1").all;
    if (left !== 1)
      throw t.wrong(
        `scaled from ${replicas} to 1 it has ${left} pods, expected 1`,
        "pods of the current template can be too many, too",
      );
  },

  async surge(t) {
    const on = await stage(t);
    const replicas = t.number(4, 6);
    const workload = await make(t, on, replicas, 1, 0);
    await requireComplete(t, on, workload, "v1", replicas);
    const limits = {
      most: replicas + 1,
      least: replicas,
      said: `${replicas} replicas, maxSurge 1 and maxUnavailable 0`,
    };
    await roll(t, on, workload, "v2", limits, () => requireComplete(t, on, workload, "v2", replicas));
  },

  async unavailable(t) {
    const on = await stage(t);
    const replicas = t.number(5, 8);
    const workload = await make(t, on, replicas, 0, 2);
    await requireComplete(t, on, workload, "v1", replicas);
    const limits = {
      most: replicas,
      least: replicas - 2,
      said: `${replicas} replicas, maxSurge 0 and maxUnavailable 2`,
    };
    await roll(t, on, workload, "v2", limits, () => requireComplete(t, on, workload, "v2", replicas));
  },

  async percent(t) {
    const on = await stage(t);
    // 1.2 and 2.8: up is 2, down is 2.
    const shares = await make(t, on, 4, "30%", "70%");
    await requireComplete(t, on, shares, "v1", 4);
    await roll(
      t,
      on,
      shares,
      "v2",
      { most: 6, least: 2, said: '4 replicas, maxSurge "30%" (1.2) and maxUnavailable "70%" (2.8)' },
      () => requireComplete(t, on, shares, "v2", 4),
    );
    // 0 and 0.3: nothing could move.
    const stuck = await make(t, on, 3, 0, "10%");
    await requireComplete(t, on, stuck, "v1", 3);
    await roll(
      t,
      on,
      stuck,
      "v2",
      { most: 3, least: 2, said: '3 replicas, maxSurge 0 and maxUnavailable "10%" (0.3)' },
      () => requireComplete(t, on, stuck, "v2", 3),
    );
  },

  async broken(t) {
    const on = await stage(t);
    const replicas = 4;
    const workload = await make(t, on, replicas, 1, 1);
    await requireComplete(t, on, workload, "v1", replicas);
    const limits = {
      most: 5,
      least: 3,
      said: "4 replicas, maxSurge 1 and maxUnavailable 1, and a version that never gets ready",
    };
    await roll(t, on, workload, "broken", limits, async () => {
      await t.until(() => false, 1200);
    });
    await roll(t, on, workload, "v3", limits, () => requireComplete(t, on, workload, "v3", replicas));
  },
};
