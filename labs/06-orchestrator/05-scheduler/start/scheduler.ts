/**
 * node scheduler.ts      places the pods of "default-scheduler" on nodes, until it is killed. The cluster is that of $KUBECONFIG.
 *
 * A pod that fits nowhere has the condition PodScheduled: status False, reason Unschedulable, and a message that says why.
 */
import {
  createClient,
  informerSource,
  keyOf,
  loadKubeconfig,
  Node,
  Pod,
  startController,
  startInformer,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const nodes = startInformer(client, Node);
const pods = startInformer(client, Pod);

/** Pods that wait for a node. */
function pending(): Pod[] {
  return pods.list().filter(({ spec }) => !spec.nodeName);
}

/** One pod after the other: a decision sees all that came of those before. */
async function schedule(key: string): Promise<void> {
  const pod = pods.get(key);
  if (pod === undefined || pod.spec.nodeName) return;
  const [node] = nodes.list();
  console.log(`${key} should run on ${node?.metadata.name}`);
}

startController({
  name: "scheduler",
  reconciler: { reconcile: schedule },
  sources: [
    informerSource(pods, (pod) => [keyOf(pod)]),
    // A node that comes or changes gives all that wait another chance.
    informerSource(nodes, () => pending().map(keyOf)),
  ],
});
