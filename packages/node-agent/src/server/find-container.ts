import { containerStatusesOf, containersOf, type Pod } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import { mayRestart } from "../pods/restart-policy.ts";
import { runsOf } from "../pods/view.ts";
import type { ObservedContainer, ObservedPod, PodRuntime } from "../port/pod-runtime.ts";

/** How a request finds the containers of this node. */
export interface PodLookup {
  pod(namespace: string, name: string): Pod | undefined;
  pods(): Pod[];
  runtime: PodRuntime;
}

export interface ContainerPath {
  namespace: string;
  pod: string;
  container: string;
}

export interface FoundContainer {
  pod: Pod;
  /** Newest first. */
  runs: ObservedContainer[];
}

async function findContainer(lookup: PodLookup, path: ContainerPath): Promise<FoundContainer> {
  const pod = lookup.pod(path.namespace, path.pod);
  if (!pod) throw agentError("AGENT_POD_NOT_FOUND", `pod "${path.pod}" not found on this node`);
  const names = containersOf(pod.spec).map(({ name }) => name);
  if (!names.includes(path.container)) {
    throw agentError("AGENT_POD_NOT_FOUND", `container ${path.container} is not valid for pod ${path.pod}`, {
      hint: `its containers are: ${names.join(", ")}`,
    });
  }
  const observed: ObservedPod | undefined = await lookup.runtime.observePod(pod.metadata.uid ?? "");
  return { pod, runs: runsOf(observed, path.container) };
}

/** The run of which `kubectl exec` and `attach` speak. */
export async function findRunning(lookup: PodLookup, path: ContainerPath): Promise<ObservedContainer> {
  const { runs } = await findContainer(lookup, path);
  if (runs[0]?.state === "running") return runs[0];
  throw agentError("AGENT_NOT_RUNNING", `container "${path.container}" in pod "${path.pod}" is not running`, {
    hint: `see why: kubectl describe pod ${path.pod}`,
  });
}

/** The run whose log is asked for; `previous` is the one that ended before the present one. */
export async function findLogged(
  lookup: PodLookup,
  path: ContainerPath,
  previous: boolean,
): Promise<ObservedContainer> {
  const { pod, runs } = await findContainer(lookup, path);
  const [latest, before] = runs;
  if (!previous) {
    if (latest) return latest;
    const reason = containerStatusesOf(pod.status).find(({ name }) => name === path.container)?.state?.waiting?.reason;
    throw agentError(
      "AGENT_NOT_RUNNING",
      `container "${path.container}" in pod "${path.pod}" is waiting to start: ${reason ?? "ContainerCreating"}`,
    );
  }
  // While the next run waits for its turn, the one that ended last is already the previous one.
  const waits = latest?.state === "exited" && mayRestart(pod, latest) && !pod.metadata.deletionTimestamp;
  const run = waits ? latest : before;
  if (run) return run;
  throw agentError(
    "AGENT_NOT_RUNNING",
    `previous terminated container "${path.container}" in pod "${path.pod}" not found`,
  );
}
