import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { findCondition, milliOf, Node, Pod } from "@drydock/machinery";

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  program: Running;
}

let shared: Promise<Stage> | undefined;

/** One cluster without our scheduler for all steps, with what the learner wrote in its place. */
function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const cluster = await t.cluster({ without: ["scheduler"] });
    const gateway = await cluster.gateway();
    return { cluster, gateway, program: await start(t, gateway) };
  })();
  return shared;
}

function start(t: CheckTools, gateway: Gateway): Promise<Running> {
  return t.start("scheduler.ts", [], { env: gateway.env });
}

/** Nodes of one step: pods of the step select them by a label that nobody else has. */
async function nodesOf(t: CheckTools, { cluster }: Stage, cpus: readonly string[]): Promise<Place> {
  const step = t.word();
  const names = cpus.map((_, n) => `${step}-${n + 1}`);
  for (const [n, cpu] of cpus.entries())
    await cluster.addNode({ name: names[n] as string, labels: { step }, allocatable: { cpu, pods: "110" } });
  return { step, names };
}

interface Place {
  step: string;
  names: string[];
}

interface Wanted {
  cpu?: string;
  selector?: Record<string, string>;
  nodeName?: string;
  schedulerName?: string;
}

function createPod(t: CheckTools, { cluster }: Stage, { step }: Place, wanted: Wanted = {}): Promise<Pod> {
  const { cpu = "100m", selector = {}, nodeName, schedulerName } = wanted;
  return cluster.client.create(Pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: t.word(), namespace: "default", labels: { step } },
    spec: {
      ...(nodeName ? { nodeName } : {}),
      ...(schedulerName ? { schedulerName } : {}),
      nodeSelector: { step, ...selector },
      containers: [{ name: "main", image: "image", resources: { requests: { cpu } } }],
    },
  });
}

async function placed({ cluster }: Stage, pod: Pod): Promise<string | undefined> {
  return (await cluster.client.get(Pod, pod.metadata)).spec.nodeName;
}

async function requirePlaced(t: CheckTools, on: Stage, pod: Pod, what: string): Promise<string> {
  const node = await t.until(() => placed(on, pod), on.cluster.patienceMs);
  if (node === undefined)
    throw t.wrong(
      `${what} has no node after a while, expected one${said(on.program)}`,
      "a scheduler writes one thing: a POST to the pod's subresource binding",
    );
  return node;
}

function said({ stderr }: Running): string {
  const line = stderr.split("\n").find((one) => /error/i.test(one));
  return line ? `; your program said: ${line.trim().slice(0, 200)}` : "";
}

/** What the pods of a step request of each of its nodes, in thousandths of a CPU, as it is stored. */
async function load({ cluster }: Stage, { step, names }: Place): Promise<{ byNode: number[]; pods: Pod[] }> {
  const { items: pods } = await cluster.client.list(Pod, { namespace: "default", labelSelector: `step=${step}` });
  const byNode = names.map((name) =>
    pods
      .filter(({ spec }) => spec.nodeName === name)
      .reduce((sum, { spec }) => sum + milliOf(spec.containers[0]?.resources?.requests?.cpu ?? 0), 0),
  );
  return { byNode, pods };
}

async function requireNotOverfull(
  t: CheckTools,
  on: Stage,
  place: Place,
  capacity: number,
  when: string,
): Promise<void> {
  const { byNode } = await load(on, place);
  const worst = Math.max(...byNode);
  if (worst > capacity)
    throw t.wrong(
      `${when} a node that can give ${capacity}m has pods that request ${worst}m, expected ${capacity}m at most`,
      "your cache did not show yet what you had bound a moment before",
    );
}

export const steps: LabCheck = {
  async binds(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["4"]);
    const other = await createPod(t, on, place, { schedulerName: "somebody-else" });
    const pod = await createPod(t, on, place);
    await requirePlaced(t, on, pod, `the pod ${pod.metadata.name}`);
    const { name } = pod.metadata;
    if (!on.gateway.requests.some(({ method, path }) => method === "POST" && path.endsWith(`/pods/${name}/binding`)))
      throw t.wrong(
        `the node of ${name} was written, but no binding was posted, expected a POST to its subresource`,
        "only a binding is refused when somebody else was quicker",
      );
    if (await placed(on, other))
      throw t.wrong(
        'a pod with schedulerName "somebody-else" was given a node, expected it to be left alone',
        "look at spec.schedulerName",
      );
  },

  async fits(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["1", "2", "8"]);
    const [small = "", middle = "", large = ""] = place.names;
    const { client } = on.cluster;
    await client.patch(Node, { name: large }, "merge", { spec: { unschedulable: true } });
    await client.patch(Node, { name: small }, "merge", { metadata: { labels: { disk: "ssd" } } });
    // What is requested of it leaves half of the middle one.
    await createPod(t, on, place, { nodeName: middle, cpu: "1" });
    const big = await createPod(t, on, place, { cpu: `${t.number(901, 990)}m` });
    const got = await requirePlaced(t, on, big, "a pod that requests less than one CPU");
    if (got === large) throw t.wrong("a pod is on a cordoned node, expected another (spec.unschedulable)");
    const ssd = await createPod(t, on, place, { cpu: "5m", selector: { disk: "ssd" } });
    const at = await requirePlaced(t, on, ssd, "a pod that selects disk=ssd");
    if (at !== small)
      throw t.wrong(
        "a pod that selects disk=ssd is on a node without that label, expected the one that has it",
        "spec.nodeSelector: every pair",
      );
    const second = await createPod(t, on, place, { cpu: "950m" });
    const there = await requirePlaced(t, on, second, "a second pod of that size");
    if (there === got || there === large)
      throw t.wrong(
        `two pods that request more than 900m are both on ${there}, expected each where there is room for it`,
        "what a node may give, less what its pods request",
      );
  },

  async spreads(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["4", "4"]);
    const [full] = place.names;
    const head = t.number(4, 7);
    for (let n = 0; n < head; n++) await createPod(t, on, place, { nodeName: full as string, cpu: "200m" });
    for (let n = 0; n < head + 2; n++) {
      const pod = await createPod(t, on, place, { cpu: "200m" });
      await requirePlaced(t, on, pod, "a pod that fits on two nodes");
    }
    const { byNode } = await load(on, place);
    const counts = byNode.map((milli) => milli / 200);
    if (Math.abs((counts[0] ?? 0) - (counts[1] ?? 0)) > 1)
      throw t.wrong(
        `of ${head * 2 + 2} equal pods ${counts.join(" and ")} pods are on two equal nodes, expected ${head + 1} on each: ${head} were on the first from the beginning`,
        "of the nodes that are left take the one with the largest share free",
      );
  },

  async waits(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["1"]);
    const pod = await createPod(t, on, place, { cpu: "3" });
    const condition = await t.until(async () => {
      const { status } = await on.cluster.client.get(Pod, pod.metadata);
      const found = findCondition(status?.conditions, "PodScheduled");
      return found?.status === "False" ? found : undefined;
    }, on.cluster.patienceMs);
    if (condition?.reason !== "Unschedulable")
      throw t.wrong(
        `a pod that fits nowhere has ${condition ? `the reason ${condition.reason}` : "no condition PodScheduled with status False"}, expected the reason Unschedulable`,
        "people ask the pod why it is pending: updateStatus",
      );
    if (await placed(on, pod)) throw t.wrong("a pod that requests 3 CPUs is on a node with 1, expected it to wait");
    const added = `${place.step}-late`;
    await on.cluster.addNode({ name: added, labels: { step: place.step }, allocatable: { cpu: "4", pods: "110" } });
    const node = await t.until(() => placed(on, pod), on.cluster.patienceMs);
    if (node !== added)
      throw t.wrong(
        `a node with room was added, and the pod is on ${node ?? "none"}, expected ${added}`,
        "what can make a pod fit? All who wait want to hear of it",
      );
  },

  async burst(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["4", "4"]);
    on.gateway.lag = ({ path, query }) => (path.endsWith("/pods") && query.has("watch") ? 500 : 0);
    const pods = await Promise.all(Array.from({ length: 20 }, () => createPod(t, on, place, { cpu: "500m" })));
    await t.until(
      async () => (await load(on, place)).byNode.reduce((sum, one) => sum + one, 0) >= 8000,
      on.cluster.patienceMs,
    );
    await t.until(() => false, 700);
    on.gateway.lag = undefined;
    await requireNotOverfull(
      t,
      on,
      place,
      4000,
      `when ${pods.length} pods came at once, and their events half a second late,`,
    );
    const { byNode } = await load(on, place);
    if (byNode.some((milli) => milli < 4000))
      throw t.wrong(
        `of 20 pods of 500m only ${byNode.reduce((sum, one) => sum + one, 0) / 500} have a node, expected 16: two nodes give 4 CPUs each${said(on.program)}`,
      );
  },

  async killed(t) {
    const on = await stage(t);
    const place = await nodesOf(t, on, ["4", "4"]);
    const killAt = t.number(4, 10);
    let bindings = 0;
    // Dies while a binding is on its way: it holds, and its sender never hears of it.
    on.gateway.before = ({ path }) => {
      if (!path.endsWith("/binding")) return;
      bindings += 1;
      if (bindings === killAt) setTimeout(() => on.program.kill("SIGKILL"), 2);
    };
    await Promise.all(Array.from({ length: 20 }, () => createPod(t, on, place, { cpu: "500m" })));
    await on.program.ended;
    on.gateway.before = undefined;
    on.program = await start(t, on.gateway);
    const full = await t.until(
      async () => (await load(on, place)).byNode.every((milli) => milli >= 4000),
      on.cluster.patienceMs,
    );
    await t.until(() => false, 300);
    const when = `killed after ${killAt} bindings and started again,`;
    await requireNotOverfull(t, on, place, 4000, when);
    if (!full)
      throw t.wrong(`${when} it has left pods without a node, expected both nodes to be full${said(on.program)}`);
  },
};
