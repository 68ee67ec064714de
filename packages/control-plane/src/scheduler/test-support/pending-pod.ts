import type { Pod, PodSpec } from "@drydock/machinery";

export interface PendingPodFacts {
  name: string;
  cpu?: string;
  memory?: string;
  nodeSelector?: Record<string, string>;
  nodeName?: string;
  tolerations?: NonNullable<PodSpec["tolerations"]>;
  priority?: number;
}

/** A pod that waits for a node, for tests. */
export function pendingPod({ name, cpu, memory, ...spec }: PendingPodFacts): Pod {
  const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { containers: [{ name: "c", image: "c", resources: { requests } }], ...spec },
    status: { phase: "Pending" },
  };
}
