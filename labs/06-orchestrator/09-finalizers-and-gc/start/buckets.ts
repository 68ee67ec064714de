/**
 * node buckets.ts      gives every claim a bucket in the cloud at $CLOUD, until it is killed. The cluster is that of $KUBECONFIG.
 *
 * A claim is a ConfigMap of the namespace "default" with the label claim=bucket. The cloud: PUT /buckets/ID answers {"key": "…"}, the same key when it is there already;
 * DELETE /buckets/ID answers 204, or 404 when there is none. It may answer 503.
 *
 * The key goes into the Secret NAME-key, data.key (base64), owned by the claim. The finalizer is "lab.drydock.dev/bucket".
 */
import {
  ConfigMap,
  createClient,
  getIfExists,
  informerSource,
  loadKubeconfig,
  Secret,
  splitKey,
  startController,
  startInformer,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const claims = startInformer(client, ConfigMap, { namespace: "default", labelSelector: "claim=bucket" });

async function cloud(method: "PUT" | "DELETE", id: string): Promise<Response> {
  return fetch(`${process.env.CLOUD}/buckets/${id}`, { method });
}

async function reconcile(key: string): Promise<void> {
  const claim = await getIfExists(client, ConfigMap, splitKey(key));
  if (claim === undefined) return;
  const { name } = claim.metadata;
  const bucket = (await (await cloud("PUT", name)).json()) as { key: string };
  const metadata = { name: `${name}-key`, namespace: "default" };
  if (!(await getIfExists(client, Secret, metadata)))
    await client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata, data: { key: btoa(bucket.key) } });
}

startController({
  name: "buckets",
  reconciler: { reconcile },
  sources: [informerSource(claims)],
  backoff: { initialMs: 50, maxMs: 5000, jitter: 0.2 },
});
