// fails at clean: is still in etcd
import { homedir } from "node:os";
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
} from "@drydock/machinery";

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

/** The answer that everybody finds first. */
async function letGo(client: Client, name: string): Promise<void> {
  const namespace = await client.get(Namespace, { name });
  const body = { ...namespace, spec: { finalizers: [] } };
  const answer = await client.stream("PUT", `/api/v1/namespaces/${name}/finalize`, { body });
  for await (const _ of answer.body);
}

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const { items } = await client.list(Namespace);

for (const { metadata } of items.filter((one) => one.metadata.deletionTimestamp)) {
  for (const held of await heldObjects(client, metadata.name)) {
    for (const finalizer of held.object.metadata.finalizers ?? []) {
      const alive = await isAlive(client, finalizer);
      console.log(`${held.type.plural}/${held.object.metadata.name} ${finalizer} ${alive ? "alive" : "gone"}`);
    }
  }
  if (process.argv.includes("--fix")) await letGo(client, metadata.name);
}
await client.close();
