import type { Pod, Workload } from "@drydock/machinery";
import type { Session } from "../api/session.ts";
import { pods, workloads } from "../api/types.ts";
import { failure } from "../errors.ts";

/** The pods that `logs` and `exec` mean: one by name, one of a workload, or all with some labels. */
export async function podsFor(session: Session, target: string | undefined, labelSelector?: string): Promise<Pod[]> {
  const { client, namespace } = session;
  if ((target === undefined) === (labelSelector === undefined)) {
    throw failure("CLI_USAGE", "name a pod or give -l, one of the two", { hint: "drydock get pods lists the pods" });
  }
  if (labelSelector !== undefined) {
    const { items } = await client.list(pods, { namespace, labelSelector });
    if (items.length === 0) throw failure("CLI_NOTHING_FOUND", `no pods with ${labelSelector} in ${namespace}`);
    return items;
  }
  const [kind = "", name] = (target ?? "").split("/");
  if (name === undefined) return [await client.get(pods, { namespace, name: kind })];
  if (["pod", "pods", "po"].includes(kind)) return [await client.get(pods, { namespace, name })];
  if (["workload", "workloads", "wl", "workload.drydock.dev", "workloads.drydock.dev"].includes(kind)) {
    return [await onePodOf(session, await client.get(workloads, { namespace, name }))];
  }
  throw failure("CLI_USAGE", `a ${kind} has no containers`, { hint: "name a pod, or workload/NAME" });
}

/** A running pod before others, and the newest of those. */
async function onePodOf({ client, namespace }: Session, workload: Workload): Promise<Pod> {
  const { items } = await client.list(pods, { namespace });
  const isRunning = (pod: Pod): number => Number(pod.status?.phase === "Running" && !pod.metadata.deletionTimestamp);
  const [best] = items
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === workload.metadata.uid))
    .toSorted(
      (a, b) =>
        isRunning(b) - isRunning(a) ||
        (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? ""),
    );
  if (!best) throw failure("CLI_NOTHING_FOUND", `workload ${workload.metadata.name} has no pods`);
  return best;
}
