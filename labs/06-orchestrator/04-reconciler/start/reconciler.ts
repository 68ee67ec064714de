/**
 * node reconciler.ts      keeps every Workload of the cluster at its number of pods, until it is killed. The cluster is that of $KUBECONFIG.
 *
 * A pod of a Workload is made from spec.template, gets a name that begins with the Workload's, and an owner reference to it.
 * status: observedGeneration, replicas (pods that are not ending), readyReplicas (those with the condition Ready).
 */
import {
  createClient,
  getIfExists,
  informerSource,
  loadKubeconfig,
  Pod,
  splitKey,
  startController,
  startInformer,
  Workload,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const workloads = startInformer(client, Workload);

/** Called with the key of a Workload whenever something may have changed; never twice at once for the same. Throws: it is called again, later. */
async function reconcile(key: string): Promise<void> {
  const workload = await getIfExists(client, Workload, splitKey(key));
  if (workload === undefined) return;
  const { name, namespace } = workload.metadata;
  for (let n = 0; n < (workload.spec.replicas ?? 1); n++) {
    await client.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "", generateName: `${name}-`, ...(namespace ? { namespace } : {}) },
      spec: workload.spec.template.spec,
    });
  }
}

startController({
  name: "workload",
  reconciler: { reconcile },
  // What wakes it. A pod that is lost should, too.
  sources: [informerSource(workloads)],
});
