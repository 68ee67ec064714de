// fails at lag: pods at one time
/**
 * node reconciler.ts      keeps every Workload of the cluster at its number of pods, until it is killed. The cluster is that of $KUBECONFIG.
 *
 * A pod of a Workload is made from spec.template, gets a name that begins with the Workload's, and an owner reference to it.
 * status: observedGeneration, replicas (pods that are not ending), readyReplicas (those with the condition Ready).
 */
import {
  controllerOf,
  controllerReference,
  createClient,
  getIfExists,
  informerSource,
  isConditionTrue,
  isControlledBy,
  loadKubeconfig,
  Pod,
  splitKey,
  startController,
  startInformer,
  Workload,
  type WorkloadStatus,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const workloads = startInformer(client, Workload);
const pods = startInformer(client, Pod);

/** Called with the key of a Workload whenever something may have changed; never twice at once for the same. Throws: it is called again, later. */
async function reconcile(key: string): Promise<void> {
  const workload = await getIfExists(client, Workload, splitKey(key));
  // The garbage collector takes the pods of a Workload that goes.
  if (workload === undefined || workload.metadata.deletionTimestamp !== undefined) return;
  const { replicas = 1 } = workload.spec;
  const own = await podsOf(workload);
  for (let n = own.length; n < replicas; n++) await createPod(workload);
  for (const pod of own.slice(replicas)) await deletePod(pod);
  await writeStatus(workload, own.slice(0, replicas));
}

async function podsOf(workload: Workload): Promise<Pod[]> {
  await pods.synced();
  return pods
    .list(workload.metadata.namespace)
    .filter((pod) => isControlledBy(pod, workload) && pod.metadata.deletionTimestamp === undefined);
}

async function createPod(workload: Workload): Promise<void> {
  const { name, namespace } = workload.metadata;
  const { metadata, spec } = workload.spec.template;
  await client.create(Pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadata,
      name: "",
      generateName: `${name}-`,
      ...(namespace ? { namespace } : {}),
      ownerReferences: [controllerReference(workload, Workload)],
    },
    spec,
  });
}

async function deletePod(pod: Pod): Promise<void> {
  const { uid = "" } = pod.metadata;
  await client.delete(Pod, pod.metadata, { preconditions: { uid } });
}

async function writeStatus(workload: Workload, own: readonly Pod[]): Promise<void> {
  const seen: WorkloadStatus = {
    observedGeneration: workload.metadata.generation ?? 0,
    replicas: own.length,
    readyReplicas: own.filter(({ status }) => isConditionTrue(status?.conditions ?? [], "Ready")).length,
  };
  const stored = workload.status ?? {};
  const isSame = Object.entries(seen).every(([field, value]) => stored[field as keyof WorkloadStatus] === value);
  if (!isSame) await client.updateStatus(Workload, { ...workload, status: { ...stored, ...seen } });
}

startController({
  name: "workload",
  reconciler: { reconcile },
  sources: [
    informerSource(workloads),
    informerSource(pods, (pod) => {
      const owner = controllerOf(pod);
      return owner?.kind === "Workload" ? [`${pod.metadata.namespace}/${owner.name}`] : [];
    }),
  ],
  workers: 4,
});
