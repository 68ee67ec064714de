import {
  type Container,
  isSidecar,
  milliOf,
  type Pod,
  type PodSpec,
  type Toleration,
  wholeOf,
} from "@drydock/machinery";

/** Amounts of what pods ask for: cpu in thousandths of a core, memory in bytes. */
export interface Resources {
  milliCpu: number;
  memory: number;
}

/** What a container without requests is taken to need when nodes are compared, so that such pods are spread too (as kube-scheduler does). */
const assumedMilliCpu = 100;
const assumedMemory = 200 * 1024 * 1024;

/** A pod with what the plugins ask of it, worked out once. */
export interface PodInfo {
  readonly pod: Pod;
  /** namespace/name. */
  readonly key: string;
  readonly uid: string;
  readonly priority: number;
  /** What the pod needs at the moment at which it needs most. */
  readonly requests: Resources;
  /** The same with assumed amounts where nothing is requested. */
  readonly scoredRequests: Resources;
  readonly tolerations: readonly Toleration[];
}

export function podInfoOf(pod: Pod): PodInfo {
  const requests = podRequests(pod.spec, { milliCpu: 0, memory: 0 });
  const scoredRequests = podRequests(pod.spec, { milliCpu: assumedMilliCpu, memory: assumedMemory });
  const { namespace = "", name, uid = "" } = pod.metadata;
  return {
    pod,
    key: `${namespace}/${name}`,
    uid,
    priority: pod.spec.priority ?? 0,
    requests,
    scoredRequests,
    tolerations: pod.spec.tolerations ?? [],
  };
}

/**
 * Containers run together, init containers one at a time before them, sidecars from their turn on. `assumed` stands for what is not
 * stated. Source: kubernetes component-helpers/resource, PodRequests.
 */
function podRequests({ initContainers = [], containers }: PodSpec, assumed: Resources): Resources {
  let sidecars: Resources = { milliCpu: 0, memory: 0 };
  let most: Resources = { milliCpu: 0, memory: 0 };
  for (const container of initContainers) {
    const now = add(sidecars, requestsOf(container, assumed));
    most = { milliCpu: Math.max(most.milliCpu, now.milliCpu), memory: Math.max(most.memory, now.memory) };
    if (isSidecar(container)) sidecars = now;
  }
  const together = containers.reduce((sum, container) => add(sum, requestsOf(container, assumed)), sidecars);
  return { milliCpu: Math.max(most.milliCpu, together.milliCpu), memory: Math.max(most.memory, together.memory) };
}

function requestsOf({ resources }: Container, assumed: Resources): Resources {
  // A limit without a request is a request for as much.
  const cpu = resources?.requests?.cpu ?? resources?.limits?.cpu;
  const memory = resources?.requests?.memory ?? resources?.limits?.memory;
  return {
    milliCpu: cpu === undefined ? assumed.milliCpu : milliOf(cpu),
    memory: memory === undefined ? assumed.memory : wholeOf(memory),
  };
}

function add(a: Resources, b: Resources): Resources {
  return { milliCpu: a.milliCpu + b.milliCpu, memory: a.memory + b.memory };
}
