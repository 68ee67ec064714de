import { milliOf, type Pod, type Toleration, wholeOf } from "@drydock/machinery";

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
  /** Sum of the containers' requests. */
  readonly requests: Resources;
  /** The same with assumed amounts where nothing is requested. */
  readonly scoredRequests: Resources;
  readonly tolerations: readonly Toleration[];
}

export function podInfoOf(pod: Pod): PodInfo {
  const requests: Resources = { milliCpu: 0, memory: 0 };
  const scoredRequests: Resources = { milliCpu: 0, memory: 0 };
  for (const { resources } of pod.spec.containers) {
    // A limit without a request is a request for as much.
    const cpu = resources?.requests?.cpu ?? resources?.limits?.cpu;
    const memory = resources?.requests?.memory ?? resources?.limits?.memory;
    const milliCpu = cpu === undefined ? undefined : milliOf(cpu);
    const bytes = memory === undefined ? undefined : wholeOf(memory);
    requests.milliCpu += milliCpu ?? 0;
    requests.memory += bytes ?? 0;
    scoredRequests.milliCpu += milliCpu ?? assumedMilliCpu;
    scoredRequests.memory += bytes ?? assumedMemory;
  }
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
