import type { Pod } from "@drydock/machinery";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/**
 * Kubernetes' class of a pod (kubernetes/pkg/apis/core/v1/helper/qos): who is killed first when a node runs out of
 * memory.
 */
export function qosClassOf(pod: Pod): QosClass {
  const { containers } = pod.spec;
  const compute = ["cpu", "memory"] as const;
  const set = (map: { cpu?: string; memory?: string } | undefined) => compute.filter((name) => isPositive(map?.[name]));
  if (containers.every(({ resources }) => set(resources?.requests).length + set(resources?.limits).length === 0)) {
    return "BestEffort";
  }
  const guaranteed = containers.every(({ resources }) =>
    compute.every((name) => {
      const limit = resources?.limits?.[name];
      return isPositive(limit) && (resources?.requests?.[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function isPositive(quantity: string | undefined): boolean {
  return quantity !== undefined && Number.parseFloat(quantity) > 0;
}
