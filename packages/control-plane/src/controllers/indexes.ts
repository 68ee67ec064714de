import type { Pod } from "@drydock/machinery";

/** Name of the index under which pods are found by their node. */
export const podsByNode = "node";

export function nodeOf(pod: Pod): string[] {
  return pod.spec.nodeName ? [pod.spec.nodeName] : [];
}
