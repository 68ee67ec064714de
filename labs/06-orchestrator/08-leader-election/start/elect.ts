/**
 * node elect.ts NAME      a candidate, until SIGTERM. The cluster is that of $KUBECONFIG.
 *
 * The lease is default/ledger, for 2 s. While it leads it adds 1 to data.count of the ConfigMap default/ledger about ten times a second and writes its name to
 * data.writer (values are text). Prints "leading" when it begins to, "stopped" when it does no more. A leader that could not renew for 1.2 s stops.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigMap, createClient, getIfExists, Lease, loadKubeconfig, rfc3339Micro } from "@drydock/machinery";

const [name = "nobody"] = process.argv.slice(2);
const key = { namespace: "default", name: "ledger" };
const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? ""), { requestTimeoutMs: 1000 });

async function takeLease(): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: 2, renewTime: rfc3339Micro(Date.now()) };
  const lease = await getIfExists(client, Lease, key);
  if (lease) await client.patch(Lease, key, "merge", { spec });
  else await client.create(Lease, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec });
}

async function addOne(): Promise<void> {
  const ledger = await getIfExists(client, ConfigMap, key);
  const data = { count: String(Number(ledger?.data?.count ?? 0) + 1), writer: name };
  if (ledger) await client.patch(ConfigMap, key, "merge", { data });
  else await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key, data });
}

// The first is the leader. Everybody is.
await takeLease();
console.log("leading");
for (;;) {
  await addOne();
  await sleep(100);
}
