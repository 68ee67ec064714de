// fails at careful: the liveness probe of
import { homedir } from "node:os";
import {
  type Client,
  ControllerRevision,
  createClient,
  Event,
  loadKubeconfig,
  Pod,
  Workload,
} from "@drydock/machinery";

type Container = Workload["spec"]["template"]["spec"]["containers"][number];

type Problem =
  | { cause: "command"; program: string }
  | { cause: "setting"; key: string }
  | { cause: "probe"; port: number };

async function lastWords(client: Client, { metadata }: Pod): Promise<string> {
  const { namespace, name } = metadata;
  const { body } = await client.stream("GET", `/api/v1/namespaces/${namespace}/pods/${name}/log?previous=true`);
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

async function problemOf(client: Client, pod: Pod): Promise<Problem | undefined> {
  const [container] = pod.spec.containers;
  const ended = pod.status?.containerStatuses?.[0]?.lastState?.terminated;
  if (ended?.reason === "ContainerCannotRun") return { cause: "command", program: container?.command?.[0] ?? "" };
  const { items } = await client.list(Event, { namespace: pod.metadata.namespace });
  const ofPod = items.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
  const port = container?.livenessProbe?.httpGet?.port;
  if (ofPod.some(({ reason, message }) => reason === "Unhealthy" && message?.startsWith("Liveness")))
    return { cause: "probe", port: Number(port) };
  const [, key] = /no value for (\w+)/.exec(await lastWords(client, pod)) ?? [];
  return key ? { cause: "setting", key } : undefined;
}

/** Of the template that the workload had before this one. */
async function containersBefore(client: Client, { metadata }: Workload): Promise<Container[]> {
  const { items } = await client.list(ControllerRevision, { namespace: metadata.namespace });
  const own = items
    .filter(({ metadata: { ownerReferences } }) => ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .sort((a, b) => b.revision - a.revision);
  const data = own[1]?.data as { spec: { template: Workload["spec"]["template"] } } | undefined;
  if (!data) throw new Error(`${metadata.name} has no revision to go back to`);
  return data.spec.template.spec.containers;
}

async function cure(client: Client, workload: Workload, problem: Problem): Promise<void> {
  const [container, ...others] = workload.spec.template.spec.containers;
  if (!container) return;
  let containers: Container[] = [];
  switch (problem.cause) {
    case "command":
      containers = await containersBefore(client, workload);
      break;
    case "setting": {
      const { key } = problem;
      const variable = { name: key, valueFrom: { configMapKeyRef: { name: "settings", key } } };
      containers = [{ ...container, env: [...(container.env ?? []), variable] }, ...others];
      break;
    }
    case "probe": {
      const { livenessProbe: _, ...quiet } = container;
      containers = [quiet, ...others];
      break;
    }
  }
  await client.patch(Workload, workload.metadata, "merge", { spec: { template: { spec: { containers } } } });
}

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, workloads] = await Promise.all([client.list(Pod), client.list(Workload)]);

for (const workload of workloads.items) {
  const { namespace, name, uid } = workload.metadata;
  const crashing = pods.items.find(
    ({ metadata: { ownerReferences }, status }) =>
      ownerReferences?.some((owner) => owner.uid === uid) && (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2,
  );
  const problem = crashing ? await problemOf(client, crashing) : undefined;
  if (!problem) continue;
  const { cause } = problem;
  const detail = cause === "command" ? problem.program : cause === "setting" ? problem.key : problem.port;
  console.log(`${namespace}/${name} ${cause} ${detail}`);
  if (process.argv.includes("--fix")) await cure(client, workload, problem);
}
await client.close();
