// fails at spreads: pods are on
/**
 * node scheduler.ts      places the pods of "default-scheduler" on nodes, until it is killed. The cluster is that of $KUBECONFIG.
 *
 * A pod that fits nowhere has the condition PodScheduled: status False, reason Unschedulable, and a message that says why.
 */
import {
  createClient,
  findCondition,
  informerSource,
  keyOf,
  loadKubeconfig,
  milliOf,
  Node,
  Pod,
  rfc3339,
  startController,
  startInformer,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const nodes = startInformer(client, Node);
const pods = startInformer(client, Pod);

/** Node of each pod that we have bound and that the cache does not show there yet. */
const assumed = new Map<string, string>();

/** Pods that wait for a node. */
function pending(): Pod[] {
  return pods
    .list()
    .filter(
      (pod) => nodeOf(pod) === undefined && (pod.spec.schedulerName ?? "default-scheduler") === "default-scheduler",
    );
}

function nodeOf(pod: Pod): string | undefined {
  return pod.spec.nodeName ?? assumed.get(keyOf(pod));
}

function requestOf({ spec }: Pod): number {
  return spec.containers.reduce((sum, { resources }) => sum + milliOf(resources?.requests?.cpu ?? "0"), 0);
}

function allocatable({ status }: Node): number {
  return milliOf(status?.allocatable?.cpu ?? "0");
}

function freeOn(node: Node): number {
  const on = pods
    .list()
    .filter((pod) => nodeOf(pod) === node.metadata.name && !["Succeeded", "Failed"].includes(pod.status?.phase ?? ""));
  return on.reduce((free, pod) => free - requestOf(pod), allocatable(node));
}

/** Why the node cannot have the pod; undefined when it can. */
function filter(pod: Pod, node: Node): string | undefined {
  if (node.spec?.unschedulable) return "node is cordoned";
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (!selector.every(([key, value]) => node.metadata.labels?.[key] === value)) return "node selector does not match";
  if (requestOf(pod) > freeOn(node)) return "insufficient cpu";
  return undefined;
}

/** Share of the node that stays free. */
function score(pod: Pod, node: Node): number {
  return (freeOn(node) - requestOf(pod)) / allocatable(node);
}

/** One pod after the other: a decision sees all that came of those before. */
async function schedule(key: string): Promise<void> {
  const pod = pods.get(key);
  if (pod === undefined || !pending().includes(pod)) return;
  const fitting = nodes.list().filter((node) => filter(pod, node) === undefined);
  const [best] = fitting.toSorted((a, b) => score(pod, a) - score(pod, b));
  if (best === undefined) await sayUnschedulable(pod);
  else await bind(pod, best.metadata.name);
}

async function bind(pod: Pod, node: string): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  assumed.set(keyOf(pod), node);
  try {
    await client.createSubresource(Pod, pod.metadata, "binding", {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: node },
    });
  } catch (error) {
    assumed.delete(keyOf(pod));
    throw error;
  }
}

async function sayUnschedulable(pod: Pod): Promise<void> {
  const reasons = nodes.list().map((node) => `${node.metadata.name}: ${filter(pod, node)}`);
  const message = `no node fits: ${reasons.join(", ")}`;
  if (findCondition(pod.status?.conditions, "PodScheduled")?.message === message) return;
  const condition = {
    type: "PodScheduled",
    status: "False" as const,
    reason: "Unschedulable",
    message,
    lastTransitionTime: rfc3339(Date.now()),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions: [...others, condition] } });
}

pods.addHandler({
  updated: (pod) => pod.spec.nodeName && assumed.delete(keyOf(pod)),
  deleted: (pod) => assumed.delete(keyOf(pod)),
});
startController({
  name: "scheduler",
  reconciler: { reconcile: schedule },
  sources: [
    // A pod that has got its node, or has gone, may leave room for others.
    informerSource(pods, (pod) => [keyOf(pod), ...pending().map(keyOf)]),
    // A node that comes or changes gives all that wait another chance.
    informerSource(nodes, () => pending().map(keyOf)),
  ],
});
