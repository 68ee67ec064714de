import { containersOf, type PodSpec, parseQuantity } from "@drydock/machinery";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** Source: kubernetes pkg/apis/core/v1/helper/qos. Only cpu and memory count. */
export function qosClassOf(spec: PodSpec): QosClass {
  let any = false;
  let guaranteed = true;
  for (const container of containersOf(spec)) {
    for (const resource of ["cpu", "memory"] as const) {
      const limit = positive(container.resources?.limits?.[resource]);
      const request = positive(container.resources?.requests?.[resource]);
      if (limit > 0 || request > 0) any = true;
      if (limit === 0 || (request > 0 && request !== limit)) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

function positive(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : parseQuantity(quantity);
}

/** Where a pod's containers live below the cgroup root: kubelet's hierarchy, so that best-effort pods weigh least. */
export function podCgroupPath(qos: QosClass, uid: string): string {
  return qos === "Guaranteed" ? `kubepods/pod${uid}` : `kubepods/${qos.toLowerCase()}/pod${uid}`;
}

/**
 * How eagerly the kernel kills a container when the machine runs out of memory: a burstable container that asked for a larger
 * part of the machine's memory is killed later. Source: kubernetes pkg/kubelet/qos/policy.go.
 */
export function oomScoreAdj(qos: QosClass, memoryRequestBytes: number, machineBytes: number): number {
  if (qos === "Guaranteed") return -997;
  if (qos === "BestEffort") return 1000;
  const score = 1000 - Math.floor((1000 * memoryRequestBytes) / machineBytes);
  return Math.min(999, Math.max(3, score));
}
