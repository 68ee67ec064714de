/**
 * node doctor.ts          one line for each Workload with a container that was started again twice or more: NAMESPACE/NAME CAUSE
 * node doctor.ts --fix    the same, and removes the causes
 *
 * CAUSE            means                                              cure
 * command WORD     the image has no program WORD                      the containers of the revision before
 * setting KEY      it ends because the variable KEY has no value      env KEY from the key of that name in the ConfigMap "settings"
 * probe PORT       the liveness probe kills it, asking at PORT        probe the container's first port instead
 */
import { homedir } from "node:os";
import { createClient, loadKubeconfig, Pod, Workload } from "@drydock/machinery";

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, workloads] = await Promise.all([client.list(Pod), client.list(Workload)]);

for (const { metadata } of workloads.items) {
  const { namespace, name, uid } = metadata;
  const crashing = pods.items.find(
    ({ metadata: { ownerReferences }, status }) =>
      ownerReferences?.some((owner) => owner.uid === uid) && (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2,
  );
  if (!crashing) continue;
  const code = crashing.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode;
  if (code === 127) console.log(`${namespace}/${name} command ?`);
  // To be found out: what it said before it ended, and who killed it.
}
await client.close();

/** The log of the run before the one of now, as `kubectl logs --previous` shows it. */
export async function lastWords(namespace: string, pod: string): Promise<string> {
  const { body } = await client.stream("GET", `/api/v1/namespaces/${namespace}/pods/${pod}/log?previous=true`);
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}
