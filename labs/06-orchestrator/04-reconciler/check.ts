import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { controllerOf, type Informer, keyOf, Pod, startInformer, Workload } from "@drydock/machinery";

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  pods: Informer<Pod>;
  program: Running;
  /** Names of pods that their node calls not ready. */
  unready: Set<string>;
}

let shared: Promise<Stage> | undefined;

/** One cluster without our Workload controller for all steps, with what the learner wrote in its place. */
function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const unready = new Set<string>();
    const isReady = ({ metadata }: Pod): boolean => !unready.has(metadata.name);
    const cluster = await t.cluster({ without: ["workload"], nodes: [{ name: "node-1", isReady }] });
    const gateway = await cluster.gateway();
    const pods = startInformer(cluster.client, Pod);
    await pods.synced();
    return { cluster, gateway, pods, unready, program: await start(t, gateway) };
  })();
  return shared;
}

function start(t: CheckTools, gateway: Gateway): Promise<Running> {
  return t.start("reconciler.ts", [], { env: gateway.env });
}

/** A Workload with a name that nobody knows, and what is to be seen of its pods. */
async function make(t: CheckTools, { cluster }: Stage, replicas: number): Promise<Workload> {
  const name = t.word();
  return cluster.client.create(Workload, {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "main", image: `image:${name}` }] },
      },
    },
  });
}

function podsNamed({ pods }: Stage, name: string): Pod[] {
  return pods
    .list("default")
    .filter(({ metadata }) => metadata.name.startsWith(`${name}-`) && metadata.deletionTimestamp === undefined);
}

async function scale({ cluster }: Stage, workload: Workload, replicas: number): Promise<void> {
  await cluster.client.patch(Workload, workload.metadata, "merge", { spec: { replicas } });
}

async function requirePods(
  t: CheckTools,
  on: Stage,
  name: string,
  count: number,
  when: string,
  hint = "reconcile is called with the Workload's key: count what is there, and mend the difference",
): Promise<Pod[]> {
  await t.until(() => podsNamed(on, name).length === count, on.cluster.patienceMs);
  const found = podsNamed(on, name);
  if (found.length !== count)
    throw t.wrong(`${when} the Workload ${name} has ${found.length} pods, expected ${count}${said(on.program)}`, hint);
  return found;
}

function said({ stderr }: Running): string {
  const line = stderr.split("\n").find((one) => /error/i.test(one));
  return line ? `; your program said: ${line.trim().slice(0, 200)}` : "";
}

export const steps: LabCheck = {
  async pods(t) {
    const on = await stage(t);
    const replicas = t.number(2, 5);
    const workload = await make(t, on, replicas);
    const { name, uid } = workload.metadata;
    for (const pod of await requirePods(t, on, name, replicas, "after it was created")) {
      const owner = controllerOf(pod);
      if (owner?.uid !== uid)
        throw t.wrong(
          `pod ${pod.metadata.name} has ${owner ? `the owner ${owner.name} with uid ${owner.uid}` : "no owner reference with controller: true"}, expected the Workload with uid ${uid}`,
          "controllerReference of @drydock/machinery makes one",
        );
      if (pod.spec.containers[0]?.image !== `image:${name}` || pod.metadata.labels?.app !== name)
        throw t.wrong(
          `pod ${pod.metadata.name} has the image ${pod.spec.containers[0]?.image} and the labels ${JSON.stringify(pod.metadata.labels)}, expected those of spec.template`,
        );
    }
    await on.cluster.client.delete(Workload, workload.metadata, { propagationPolicy: "Background" });
    await t.until(() => podsNamed(on, name).length === 0, on.cluster.patienceMs);
    if (podsNamed(on, name).length > 0)
      throw t.wrong(
        `after the Workload was deleted ${podsNamed(on, name).length} of its pods are still made, expected the garbage collector to have the last word`,
        "a Workload with a deletionTimestamp, or none, needs no pods",
      );
  },

  async scale(t) {
    const on = await stage(t);
    const workload = await make(t, on, 2);
    const { name } = workload.metadata;
    await requirePods(t, on, name, 2, "after it was created");
    // Looks like one of its pods to everybody who goes by labels or names.
    const stranger = await on.cluster.client.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `stranger-${name}`, namespace: "default", labels: { app: name } },
      spec: { containers: [{ name: "main", image: "other" }] },
    });
    const more = t.number(5, 8);
    await scale(on, workload, more);
    const hint = "one pod here has the same label and no owner: whose is it?";
    await requirePods(t, on, name, more, `scaled from 2 to ${more}`, hint);
    await scale(on, workload, 1);
    const [last] = await requirePods(t, on, name, 1, `scaled from ${more} to 1`, hint);
    if (on.pods.get(keyOf(stranger)) === undefined)
      throw t.wrong(
        `the pod ${stranger.metadata.name}, which belongs to nobody, was deleted, expected it to be left alone`,
        "a pod is yours when its owner reference has the Workload's uid, whatever its labels are",
      );
    if (last) await on.cluster.client.delete(Pod, last.metadata, { gracePeriodSeconds: 0 });
    await t.until(
      () => podsNamed(on, name).some(({ metadata }) => metadata.uid !== last?.metadata.uid),
      on.cluster.patienceMs,
    );
    await requirePods(t, on, name, 1, "after its pod was deleted by somebody else");
  },

  async lag(t) {
    const on = await stage(t);
    const workload = await make(t, on, 0);
    const { name } = workload.metadata;
    const { most, end } = countMost(on, name);
    // What its informer of pods hears is half a second old, as on a busy day.
    on.gateway.lag = ({ path, query }) => (path.endsWith("/pods") && query.has("watch") ? 500 : 0);
    // Its watch may still be on its way to being delayed: an open one is.
    const replicas = t.number(3, 6);
    await scale(on, workload, replicas);
    for (let n = 0; n < 12; n++) {
      await on.cluster.client.patch(Workload, workload.metadata, "merge", {
        metadata: { annotations: { turn: String(n) } },
      });
      await t.until(() => false, 40);
    }
    await requirePods(t, on, name, replicas, `scaled to ${replicas}`);
    await t.until(() => false, 600);
    on.gateway.lag = undefined;
    end();
    if (most() > replicas)
      throw t.wrong(
        `there were ${most()} pods at one time, expected ${replicas} at most: with the events of pods 500 ms late, and the Workload changed a few times meanwhile`,
        "your cache did not know yet what you had made yourself",
      );
  },

  async status(t) {
    const on = await stage(t);
    const replicas = t.number(3, 6);
    const workload = await make(t, on, replicas);
    const { name } = workload.metadata;
    await requirePods(t, on, name, replicas, "after it was created");
    const expected = (ready: number) => ({ replicas, readyReplicas: ready, observedGeneration: 1 });
    const requireStatus = async (ready: number): Promise<void> => {
      let seen: Record<string, unknown> = {};
      const fits = await t.until(async () => {
        const { status } = await on.cluster.client.get(Workload, workload.metadata);
        seen = Object.fromEntries(Object.keys(expected(ready)).map((field) => [field, status?.[field as "replicas"]]));
        return JSON.stringify(seen) === JSON.stringify(expected(ready));
      }, on.cluster.patienceMs);
      if (!fits)
        throw t.wrong(
          `the status has ${JSON.stringify(seen)}, expected ${JSON.stringify(expected(ready))}`,
          "updateStatus writes the subresource; the condition Ready of a pod is in its status",
        );
    };
    await requireStatus(replicas);
    const [pod] = podsNamed(on, name);
    on.unready.add(pod?.metadata.name ?? "");
    on.cluster.nodes.get("node-1")?.look();
    await requireStatus(replicas - 1);
    await t.until(() => false, 300);
    const before = on.gateway.requests.length;
    await t.until(() => false, 1200);
    const writes = on.gateway.requests.slice(before).filter(({ method }) => method !== "GET");
    if (writes.length > 0)
      throw t.wrong(
        `${writes.length} writes in a second in which nothing changed (${writes[0]?.method} ${writes[0]?.path}), expected none`,
        "write the status when it differs from the stored one",
      );
  },

  async killed(t) {
    const on = await stage(t);
    const replicas = t.number(6, 9);
    const killAt = t.number(2, 5);
    let made = 0;
    // Dies while a request is on its way: that pod is made, and its maker never hears of it.
    on.gateway.before = ({ method, path }) => {
      if (method !== "POST" || !path.endsWith("/pods")) return;
      made += 1;
      if (made === killAt) setTimeout(() => on.program.kill("SIGKILL"), 2);
    };
    const workload = await make(t, on, replicas);
    const { name } = workload.metadata;
    const { most, end } = countMost(on, name);
    await on.program.ended;
    on.gateway.before = undefined;
    await on.cluster.client.patch(Workload, workload.metadata, "merge", { metadata: { annotations: { turn: "x" } } });
    on.program = await start(t, on.gateway);
    await requirePods(t, on, name, replicas, `killed after ${killAt} of ${replicas} pods and started again`);
    await t.until(() => false, 500);
    end();
    if (most() > replicas)
      throw t.wrong(
        `killed after ${killAt} of ${replicas} pods and started again, there were ${most()} pods at one time, expected ${replicas} at most`,
        "what was done before is in the cluster, not in your memory",
      );
  },
};

/** The largest number of pods of a Workload that there was at one time. */
function countMost(on: Stage, name: string): { most(): number; end(): void } {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, podsNamed(on, name).length);
  };
  const end = on.pods.addHandler({ added: look, updated: look, deleted: look });
  return { most: () => most, end };
}
