import type { CheckTools, LabCheck, LabCluster } from "@drydock/labs";
import { type Client, Node, Pod, Workload } from "@drydock/machinery";
import { askDoctor, expectFindings } from "../shared/doctor.ts";
import { breakCluster, maintenance, type Scene } from "./start/break.ts";

interface Broken {
  cluster: LabCluster;
  scene: Scene;
  /** What was there when the learner came. */
  before: { nodes: Node[]; workloads: Workload[]; pods: Pod[] };
}

let broken: Promise<Broken> | undefined;

/** One for all steps: they follow one another as a day with that cluster would. */
function brokenCluster(t: CheckTools): Promise<Broken> {
  broken ??= makeBroken(t);
  return broken;
}

async function makeBroken(t: CheckTools): Promise<Broken> {
  const names = Array.from({ length: 4 }, () => t.word());
  const cluster = await t.cluster({ nodes: names.map((name) => ({ name })), nodeMonitorGraceMs: 60_000 });
  const { client } = cluster;
  const scene = await breakCluster(client, names);
  const isJudged = await t.until(async () => {
    const { items } = await client.list(Pod, { namespace: scene.namespace });
    const judged = items.filter(({ status }) => status?.conditions?.some(({ type }) => type === "PodScheduled"));
    return judged.length === 5 && items.filter(({ status }) => status?.phase === "Running").length === 1;
  }, 60_000);
  if (!isJudged) throw new Error("the scheduler has not judged all pods within 30 s");
  return { cluster, scene, before: await look(client, scene.namespace) };
}

async function look(client: Client, namespace: string): Promise<Broken["before"]> {
  const [nodes, workloads, pods] = await Promise.all([
    client.list(Node),
    client.list(Workload, { namespace }),
    client.list(Pod, { namespace }),
  ]);
  return { nodes: nodes.items, workloads: workloads.items, pods: pods.items };
}

/** What people, not the control plane, have said about them. */
function wishes({ nodes, workloads }: Broken["before"]): string[] {
  const ofNodes = nodes.map(({ metadata, spec }) => {
    const { name, labels, annotations } = metadata;
    return JSON.stringify([name, labels, annotations, spec?.unschedulable, ownTaints(spec?.taints)]);
  });
  return [
    ...ofNodes,
    ...workloads.map(({ metadata, spec }) => JSON.stringify([metadata.uid, metadata.generation, spec])),
  ];
}

function ownTaints<T extends { key: string }>(taints: readonly T[] = []): T[] {
  return taints.filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
}

export const steps: LabCheck = {
  async diagnose(t) {
    const { cluster, scene, before } = await brokenCluster(t);
    const seen = await askDoctor(t, { KUBECONFIG: cluster.kubeconfig });
    const hint = "which nodes may this pod use at all, and what is in its way on those?";
    expectFindings(t, seen, scene.findings, hint);
    const after = wishes(await look(cluster.client, scene.namespace));
    if (after.join() !== wishes(before).join())
      throw t.wrong("without --fix it has changed nodes or workloads, expected it only to look");
  },

  async place(t) {
    const { cluster, scene } = await brokenCluster(t);
    await askDoctor(t, { KUBECONFIG: cluster.kubeconfig }, "--fix");
    const { client } = cluster;
    const { namespace } = scene;
    const isWell = async (): Promise<boolean> => {
      const { items } = await client.list(Pod, { namespace });
      return items.length === 5 && items.every(({ spec }) => spec.nodeName);
    };
    if (await t.until(isWell, 20_000)) return;
    const { items } = await client.list(Pod, { namespace });
    const waiting = items.find(({ spec }) => !spec.nodeName);
    const message = waiting?.status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
    throw t.wrong(
      waiting
        ? `20 s after --fix the pod ${waiting.metadata.name} has no node: ${message}`
        : `20 s after --fix there are ${items.length} pods, expected the 5 that were asked for`,
      "drydock why says what is in the way on each node",
    );
  },

  async careful(t) {
    const { cluster, scene, before } = await brokenCluster(t);
    const after = await look(cluster.client, scene.namespace);
    const node = (name: string | undefined): Node | undefined =>
      after.nodes.find(({ metadata }) => metadata.name === name);
    if (after.nodes.length !== before.nodes.length)
      throw t.wrong(`there are ${after.nodes.length} nodes, expected the ${before.nodes.length} that were there`);
    if (!node(scene.maintained)?.spec?.unschedulable)
      throw t.wrong(
        `the node ${scene.maintained} was opened, expected it to stay closed: ${maintenance} says "the disk is being replaced"`,
        "closed by mistake and closed for a reason look the same to the scheduler, not to you",
      );
    if (!ownTaints(node(scene.tainted)?.spec?.taints).some(({ key }) => key === scene.taintKey))
      throw t.wrong(
        `the taint ${scene.taintKey} is gone from ${scene.tainted}, expected it there: it keeps the others away`,
        "who may come in says so itself",
      );
    const labels = (nodes: readonly Node[]) => nodes.map(({ metadata }) => JSON.stringify(metadata.labels)).join();
    if (labels(after.nodes) !== labels(before.nodes))
      throw t.wrong("labels of nodes were changed, expected the workload to ask for what there is");
    for (const { metadata, spec } of before.workloads) {
      const now = after.workloads.find((one) => one.metadata.uid === metadata.uid);
      if (!now) throw t.wrong(`the workload ${metadata.name} was made anew or is gone, expected it to be repaired`);
      const pod = now.spec.template.spec;
      const requests = pod.containers[0]?.resources?.requests;
      if (!requests?.cpu || !requests.memory)
        throw t.wrong(`${metadata.name} requests ${JSON.stringify(requests ?? {})}, expected cpu and memory`);
      const keys = Object.keys(pod.nodeSelector ?? {}).join();
      const wanted = Object.keys(spec.template.spec.nodeSelector ?? {}).join();
      if (keys !== wanted) throw t.wrong(`${metadata.name} selects nodes by "${keys}", expected still by "${wanted}"`);
      if (!pod.tolerations?.some(({ key }) => key === "example.com/spot"))
        throw t.wrong(
          `${metadata.name} has lost its toleration of example.com/spot, expected what it had and what it needs`,
          "a merge patch replaces a list as a whole",
        );
      const foreign = pod.tolerations.find(({ key }) => key !== "example.com/spot" && key !== scene.taintKey);
      if (foreign)
        throw t.wrong(`${metadata.name} tolerates "${foreign.key ?? "everything"}", expected no more than it needs`);
    }
    const well = before.pods.find(({ status }) => status?.phase === "Running");
    if (!after.pods.some(({ metadata }) => metadata.uid === well?.metadata.uid))
      throw t.wrong(`the pod of ${scene.healthy} was replaced, expected it untouched: it was well`);
  },

  async again(t) {
    const { cluster, scene } = await brokenCluster(t);
    const before = wishes(await look(cluster.client, scene.namespace));
    const seen = await askDoctor(t, { KUBECONFIG: cluster.kubeconfig }, "--fix");
    expectFindings(t, seen, [], "a doctor looks at the patient before he cuts");
    if (wishes(await look(cluster.client, scene.namespace)).join() !== before.join())
      throw t.wrong("a second --fix has changed nodes or workloads, expected it to find nothing to do");
  },
};
