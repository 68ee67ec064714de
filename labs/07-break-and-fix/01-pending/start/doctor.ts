/**
 * node doctor.ts          one line for each Workload with a pod that waits for a node: NAMESPACE/NAME CAUSE
 * node doctor.ts --fix    the same, and removes the causes
 *
 * CAUSE                   means                                                  cure
 * selector KEY=VALUE      no node has this label                                 ask for the value that nodes do have for KEY
 * too-large RESOURCE      no node that it may use ever has so much               request 100m cpu, or 64Mi memory
 * taint KEY               every node that it may use keeps it away               tolerate that taint
 * closed NODE             every node that it may use is closed (cordoned)        open NODE: one without the annotation example.com/maintenance
 */
import { homedir } from "node:os";
import { createClient, loadKubeconfig, Node, Pod, Workload } from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, nodes, workloads] = await Promise.all([client.list(Pod), client.list(Node), client.list(Workload)]);

for (const workload of workloads.items) {
  const { namespace, name, uid } = workload.metadata;
  const waiting = pods.items.find(
    (pod) => !pod.spec.nodeName && pod.metadata.ownerReferences?.some((owner) => owner.uid === uid),
  );
  if (!waiting) continue;
  // "0/4 nodes are available: 2 node(s) were unschedulable, …": the first reason will be it?
  const message = waiting.status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";
  if (message.includes("unschedulable")) {
    const closed = nodes.items.find(({ spec }) => spec?.unschedulable);
    console.log(`${namespace}/${name} closed ${closed?.metadata.name}`);
  }
}
await client.close();
