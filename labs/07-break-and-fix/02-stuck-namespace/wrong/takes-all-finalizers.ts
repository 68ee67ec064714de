// fails at clean: no backup was made
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  builtinKinds,
  type Client,
  createClient,
  getIfExists,
  type KubeObject,
  Lease,
  loadKubeconfig,
  Namespace,
  type ResourceType,
  retryOnConflict,
} from "@drydock/machinery";

const bucketFinalizer = "example.com/bucket";
const buckets = process.env.BUCKETS ?? "/tmp/lab-buckets";

interface Held {
  type: ResourceType;
  object: KubeObject;
}

async function heldObjects(client: Client, namespace: string): Promise<Held[]> {
  const types = builtinKinds.filter(({ namespaced, verbs }) => namespaced && verbs.includes("list"));
  const lists = await Promise.all(
    types.map(async (type) => {
      const { items } = await client.list<KubeObject>(type, { namespace });
      return items.map((object) => ({ type, object }));
    }),
  );
  return lists.flat().filter(({ object }) => (object.metadata.finalizers ?? []).length > 0);
}

/** `example.com/bucket` is looked after by whoever holds the lease bucket.example.com. */
async function isAlive(client: Client, finalizer: string): Promise<boolean> {
  const [domain, word] = finalizer.split("/");
  const lease = await getIfExists(client, Lease, { namespace: "kube-system", name: `${word}.${domain}` });
  const { renewTime, leaseDurationSeconds = 0 } = lease?.spec ?? {};
  return renewTime !== undefined && Date.parse(renewTime) + leaseDurationSeconds * 1000 > Date.now();
}

/** First the work, then the finalizer: a crash in between does the work twice, which harms nobody. */
async function keepPromise(client: Client, { type, object }: Held): Promise<void> {
  const bucket = object.metadata.annotations?.[bucketFinalizer];
  if (bucket) await rm(join(buckets, bucket), { recursive: true, force: true });
  await retryOnConflict(async () => {
    const now = await getIfExists(client, type, object.metadata);
    if (!now) return;
    const finalizers = (now.metadata.finalizers ?? []).slice(0, 0);
    await client.update(type, { ...now, metadata: { ...now.metadata, finalizers } });
  });
}

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const { items } = await client.list(Namespace);

for (const { metadata } of items.filter((one) => one.metadata.deletionTimestamp)) {
  for (const held of await heldObjects(client, metadata.name)) {
    for (const finalizer of held.object.metadata.finalizers ?? []) {
      const alive = await isAlive(client, finalizer);
      console.log(`${held.type.plural}/${held.object.metadata.name} ${finalizer} ${alive ? "alive" : "gone"}`);
      if (process.argv.includes("--fix") && !alive && finalizer === bucketFinalizer) await keepPromise(client, held);
    }
  }
}
await client.close();
