import { hasCode } from "@drydock/kit";
import type { Lease, Pod } from "@drydock/machinery";
import type { ApiResource } from "../api/resource.ts";
import { displayName } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { leases, namespaces, nodes, pods, workloads } from "../api/types.ts";
import { eventsOf } from "../describe/events.ts";
import { failure } from "../errors.ts";
import type { Explanation } from "./explanation.ts";
import { clusterNow, placementOf } from "./placement.ts";
import { whyNamespace } from "./why-namespace.ts";
import { whyNode } from "./why-node.ts";
import { whyPod } from "./why-pod.ts";
import { whyWorkload } from "./why-workload.ts";

/** Reads one object and what surrounds it, and explains its state. */
export async function explain(
  session: Session,
  { type, name }: { type: ApiResource; name: string },
): Promise<Explanation> {
  switch (displayName(type)) {
    case "pod":
      return explainPod(session, await session.client.get(pods, { namespace: session.namespace, name }));
    case "node":
      return explainNode(session, name);
    case "namespace":
      return whyNamespace(await session.client.get(namespaces, { name }), Date.now());
    case "workload.drydock.dev":
      return explainWorkload(session, name);
    default:
      throw failure("CLI_USAGE", `why does not know about ${type.plural}`, {
        hint: `ask about a pod, a node, a workload or a namespace; drydock describe ${type.singular} ${name} shows what there is`,
      });
  }
}

async function explainPod({ client }: Session, pod: Pod): Promise<Explanation> {
  const [cluster, events] = await Promise.all([clusterNow(client), eventsOf(client, pod)]);
  const placement = placementOf(pod, cluster.nodes, cluster.pods);
  return whyPod({ pod, placement, events, now: Date.now() });
}

async function explainNode({ client }: Session, name: string): Promise<Explanation> {
  const node = await client.get(nodes, { name });
  const [lease, bound, events] = await Promise.all([
    leaseOf(() => client.get(leases, { namespace: "kube-node-lease", name })),
    client.list(pods, { fieldSelector: `spec.nodeName=${name}` }),
    eventsOf(client, node),
  ]);
  return whyNode({ node, lease, pods: bound.items, events, now: Date.now() });
}

async function leaseOf(read: () => Promise<Lease>): Promise<Lease | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, "API_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function explainWorkload({ client, namespace }: Session, name: string): Promise<Explanation> {
  const workload = await client.get(workloads, { namespace, name });
  const [cluster, events] = await Promise.all([clusterNow(client), eventsOf(client, workload)]);
  const owned = cluster.pods.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === workload.metadata.uid),
  );
  const ofPods = new Map(await Promise.all(owned.map(async (pod) => [pod, await eventsOf(client, pod)] as const)));
  const now = Date.now();
  return whyWorkload({
    workload,
    pods: owned,
    events,
    explainPod: (pod) =>
      whyPod({ pod, placement: placementOf(pod, cluster.nodes, cluster.pods), events: ofPods.get(pod) ?? [], now }),
  });
}
