import type { Node, Pod } from "@drydock/machinery";
import type { Explanation } from "./explanation.ts";
import { placementOf } from "./placement.ts";
import { remedies, verdictTable } from "./verdict-table.ts";

/** Where each pod would go, the earlier ones being there already. Pure. */
export function planPods(wanted: readonly Pod[], nodes: readonly Node[], pods: readonly Pod[]): Explanation[] {
  const placed = [...pods];
  return wanted.map((pod) => {
    const placement = placementOf(pod, nodes, placed);
    const { node } = placement.decision;
    if (node) placed.push({ ...pod, spec: { ...pod.spec, nodeName: node } });
    return {
      subject: `pod/${pod.metadata.name}`,
      verdict: node ? `would go to ${node}.` : `would stay pending: none of ${nodes.length} nodes can take it.`,
      because: [],
      table: verdictTable(placement),
      next: node ? [] : remedies(placement),
    };
  });
}
