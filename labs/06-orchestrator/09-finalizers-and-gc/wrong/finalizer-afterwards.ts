// fails at before: had no finalizer
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
  controllerReference,
  createClient,
  getIfExists,
  informerSource,
  isControlledBy,
  loadKubeconfig,
  Secret,
  splitKey,
  startController,
  startInformer,
} from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""));
const claims = startInformer(client, ConfigMap, { namespace: "default", labelSelector: "claim=bucket" });

const FINALIZER = "lab.drydock.dev/bucket";

/** Throws unless the cloud has done it; then we are called again, later and later. */
async function cloud(method: "PUT" | "DELETE", id: string): Promise<Response> {
  const response = await fetch(`${process.env.CLOUD}/buckets/${id}`, { method });
  const isGone = method === "DELETE" && response.status === 404;
  if (!response.ok && !isGone) throw new Error(`the cloud answered ${method} with ${response.status}`);
  return response;
}

async function reconcile(key: string): Promise<void> {
  const claim = await getIfExists(client, ConfigMap, splitKey(key));
  if (claim === undefined) return;
  if (claim.metadata.deletionTimestamp !== undefined) return release(claim);
  const { key: secret } = (await (await cloud("PUT", idOf(claim))).json()) as { key: string };
  await setFinalizers(claim, (others) => [...others, FINALIZER]);
  await giveKey(claim, secret);
}

/** First what has to be cleaned up, then the promise. */
async function release(claim: ConfigMap): Promise<void> {
  if (!claim.metadata.finalizers?.includes(FINALIZER)) return;
  await cloud("DELETE", idOf(claim));
  await setFinalizers(claim, (others) => others);
}

/** Not by name: another claim of the same name is another bucket. */
function idOf({ metadata }: ConfigMap): string {
  return metadata.uid ?? "";
}

async function setFinalizers(claim: ConfigMap, change: (others: string[]) => string[]): Promise<void> {
  const before = claim.metadata.finalizers ?? [];
  const finalizers = change(before.filter((one) => one !== FINALIZER));
  if (finalizers.length === before.length) return;
  // With the resourceVersion that was read: somebody else's finalizer that has come since is not lost.
  await client.update(ConfigMap, { ...claim, metadata: { ...claim.metadata, finalizers } });
}

async function giveKey(claim: ConfigMap, key: string): Promise<void> {
  const { name } = claim.metadata;
  const metadata = { name: `${name}-key`, namespace: "default" };
  const stored = await getIfExists(client, Secret, metadata);
  if (stored !== undefined && isControlledBy(stored, claim)) return;
  // Of a claim that had this name before: the collector has not come round yet.
  if (stored !== undefined) throw new Error(`the Secret ${metadata.name} belongs to somebody else`);
  const ownerReferences = [controllerReference(claim, ConfigMap)];
  await client.create(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...metadata, ownerReferences },
    data: { key: btoa(key) },
  });
}

startController({
  name: "buckets",
  reconciler: { reconcile },
  sources: [informerSource(claims)],
  backoff: { initialMs: 50, maxMs: 5000, jitter: 0.2 },
});
