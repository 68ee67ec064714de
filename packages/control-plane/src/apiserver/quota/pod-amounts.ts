import { formatBytes, formatMilli, milliOf, type Pod, wholeOf } from "@drydock/machinery";

/** What a pod takes from a quota, in thousandths of a core, bytes and pieces. */
export function podAmounts({ spec, status }: Pod): Record<string, number> {
  // What has ended needs nothing any more.
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return {};
  const containers = (spec.containers ?? []).map(({ resources }) => resources);
  const total = (part: "requests" | "limits", of: "cpu" | "memory"): number =>
    containers.reduce((sum, resources) => {
      const amount = resources?.[part]?.[of];
      return amount === undefined ? sum : sum + (of === "cpu" ? milliOf(amount) : wholeOf(amount));
    }, 0);
  return {
    pods: 1,
    cpu: total("requests", "cpu"),
    memory: total("requests", "memory"),
    "requests.cpu": total("requests", "cpu"),
    "requests.memory": total("requests", "memory"),
    "limits.cpu": total("limits", "cpu"),
    "limits.memory": total("limits", "memory"),
  };
}

/** A limit as a number in the unit of `podAmounts`. */
export function numberOf(name: string, amount: string): number {
  return name.endsWith("cpu") ? milliOf(amount) : wholeOf(amount);
}

export function textOf(name: string, value: number): string {
  if (name.endsWith("cpu")) return formatMilli(value);
  return name.endsWith("memory") ? formatBytes(value) : String(value);
}
