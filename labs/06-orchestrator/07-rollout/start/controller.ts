/**
 * node controller.ts      rolls every Workload of the cluster to its template as plan() of rollout.ts says, until it is killed. Nothing is to be changed in this file.
 */
import { createHash } from "node:crypto";
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
} from "@drydock/machinery";
import { plan } from "./rollout.ts";

const HASH = "template";
const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const workloads = startInformer(client, Workload);
const pods = startInformer(client, Pod);

async function reconcile(key: string): Promise<void> {
  const workload = await getIfExists(client, Workload, splitKey(key));
  if (workload === undefined || workload.metadata.deletionTimestamp !== undefined) return;
  const { name, namespace = "default" } = workload.metadata;
  const { template, replicas = 1, strategy } = workload.spec;
  const hash = createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 8);
  const { items } = await client.list(Pod, { namespace });
  const own = items.filter((pod) => isControlledBy(pod, workload) && pod.metadata.deletionTimestamp === undefined);
  const { create, remove } = plan({
    replicas,
    maxSurge: strategy?.rollingUpdate?.maxSurge ?? "25%",
    maxUnavailable: strategy?.rollingUpdate?.maxUnavailable ?? "25%",
    pods: own.map(({ metadata, status }) => ({
      name: metadata.name,
      current: metadata.labels?.[HASH] === hash,
      ready: isConditionTrue(status?.conditions ?? [], "Ready"),
    })),
  });
  for (let n = 0; n < create; n++) {
    const labels = { ...template.metadata?.labels, [HASH]: hash };
    const ownerReferences = [controllerReference(workload, Workload)];
    const metadata = { name: "", generateName: `${name}-${hash}-`, namespace, labels, ownerReferences };
    await client.create(Pod, { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec });
  }
  for (const pod of remove) await client.delete(Pod, { namespace, name: pod });
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
});
