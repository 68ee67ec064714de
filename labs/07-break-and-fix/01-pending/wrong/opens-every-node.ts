// fails at careful: was opened
import { homedir } from "node:os";
import { type Client, compareQuantities, createClient, loadKubeconfig, Node, Pod, Workload } from "@drydock/machinery";

type Problem =
  | { cause: "selector"; key: string; value: string }
  | { cause: "too-large"; resource: "cpu" | "memory"; containers: string[] }
  | { cause: "taint"; key: string; value: string | undefined; effect: "NoSchedule" | "NoExecute" }
  | { cause: "closed"; node: string };

const enough = { cpu: "100m", memory: "64Mi" };

/** The first thing that is in the way on all nodes that the template may use. Pure. */
function problemOf({ spec }: Workload, nodes: readonly Node[]): Problem | undefined {
  const pod = spec.template.spec;
  const wanted = Object.entries(pod.nodeSelector ?? {});
  for (const [key, value] of wanted) {
    if (!nodes.some(({ metadata }) => metadata.labels?.[key] === value)) return { cause: "selector", key, value };
  }
  const allowed = nodes.filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));

  for (const resource of ["cpu", "memory"] as const) {
    const asking = pod.containers.filter(({ resources }) => {
      const request = resources?.requests?.[resource];
      return (
        request && allowed.every((node) => compareQuantities(request, node.status?.allocatable?.[resource] ?? 0) > 0)
      );
    });
    if (asking.length > 0) return { cause: "too-large", resource, containers: asking.map(({ name }) => name) };
  }

  const inTheWay = (node: Node) =>
    node.spec?.taints?.find(
      ({ key, effect }) =>
        effect !== "PreferNoSchedule" &&
        // What the control plane says about the node by itself is no cause but a consequence.
        !key.startsWith("node.kubernetes.io/") &&
        !pod.tolerations?.some((toleration) => toleration.key === key),
    );
  const taints = allowed.map(inTheWay);
  const [taint] = taints;
  if (taint && taints.every(Boolean)) {
    const { key, value, effect } = taint;
    if (effect !== "PreferNoSchedule") return { cause: "taint", key, value, effect };
  }

  if (allowed.every((node) => node.spec?.unschedulable)) {
    const byMistake = allowed.find(({ metadata }) => !metadata.annotations?.["example.com/maintenance"]);
    if (byMistake) return { cause: "closed", node: byMistake.metadata.name };
  }
  return undefined;
}

async function cure(client: Client, workload: Workload, problem: Problem, nodes: readonly Node[]): Promise<void> {
  const { namespace, name } = workload.metadata;
  const pod = workload.spec.template.spec;
  const change = (spec: object): Promise<unknown> =>
    client.patch(Workload, { namespace, name }, "merge", { spec: { template: { spec } } });
  switch (problem.cause) {
    case "selector": {
      const value = nodes.map(({ metadata }) => metadata.labels?.[problem.key]).find(Boolean);
      await change({ nodeSelector: { [problem.key]: value } });
      break;
    }
    case "too-large": {
      const { resource } = problem;
      const containers = pod.containers.map((one) =>
        problem.containers.includes(one.name)
          ? {
              ...one,
              resources: { ...one.resources, requests: { ...one.resources?.requests, [resource]: enough[resource] } },
            }
          : one,
      );
      await change({ containers });
      break;
    }
    case "taint": {
      const { key, value, effect } = problem;
      const toleration = { key, operator: "Equal", value: value ?? "", effect };
      await change({ tolerations: [...(pod.tolerations ?? []), toleration] });
      break;
    }
    case "closed":
      for (const { metadata } of nodes)
        await client.patch(Node, { name: metadata.name }, "merge", { spec: { unschedulable: null } });
      break;
  }
}

function textOf(problem: Problem): string {
  switch (problem.cause) {
    case "selector":
      return `selector ${problem.key}=${problem.value}`;
    case "too-large":
      return `too-large ${problem.resource}`;
    case "taint":
      return `taint ${problem.key}`;
    case "closed":
      return `closed ${problem.node}`;
  }
}

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, nodes, workloads] = await Promise.all([client.list(Pod), client.list(Node), client.list(Workload)]);

for (const workload of workloads.items) {
  const { namespace, name, uid } = workload.metadata;
  const isWaiting = pods.items.some(
    (pod) => !pod.spec.nodeName && pod.metadata.ownerReferences?.some((owner) => owner.uid === uid),
  );
  const problem = isWaiting ? problemOf(workload, nodes.items) : undefined;
  if (!problem) continue;
  console.log(`${namespace}/${name} ${textOf(problem)}`);
  if (process.argv.includes("--fix")) await cure(client, workload, problem, nodes.items);
}
await client.close();
