/**
 * node doctor.ts          of every namespace that is being deleted, what holds it: one line RESOURCE/NAME FINALIZER gone|alive for each finalizer
 * node doctor.ts --fix    the same, and makes it go
 *
 * RESOURCE is the plural: configmaps. Whoever set the finalizer example.com/bucket is alive when the Lease bucket.example.com in
 * kube-system was renewed less than leaseDurationSeconds ago, else gone; the same for any other word before .example.com.
 *
 * The promise of example.com/bucket: the directory $BUCKETS/NAME, with NAME from the object's annotation example.com/bucket, is removed.
 */
import { homedir } from "node:os";
import { ConfigMap, createClient, loadKubeconfig, Namespace } from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const namespaces = await client.list(Namespace);

for (const { metadata } of namespaces.items.filter((one) => one.metadata.deletionTimestamp)) {
  const left = await client.list(ConfigMap, { namespace: metadata.name });
  for (const object of left.items) {
    for (const finalizer of object.metadata.finalizers ?? [])
      console.log(`configmaps/${object.metadata.name} ${finalizer} gone`);
    // Whatever it was for, away with it.
    if (process.argv.includes("--fix"))
      await client.patch(ConfigMap, object.metadata, "merge", { metadata: { finalizers: null } });
  }
}
await client.close();
