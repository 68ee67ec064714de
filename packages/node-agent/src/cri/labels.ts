import type { SandboxSpec } from "../port/pod-runtime.ts";

/**
 * What we know of a pod is kept with it, in the runtime: labels to find it by, one annotation with what it was made from. So there is nothing
 * that could disagree with the runtime, and an agent that lost its disk still finds its pods.
 */
export const labels = {
  podUid: "io.kubernetes.pod.uid",
  podNamespace: "io.kubernetes.pod.namespace",
  podName: "io.kubernetes.pod.name",
  container: "io.kubernetes.container.name",
  /** Whose: several users of one runtime do not see each other's pods. */
  owner: "drydock.dev/owner",
} as const;

const made = "drydock.dev/made";

/** Of a container: what its status is told with, and the runtime does not know. */
export interface ContainerNote {
  image: string;
  imageId: string;
  specHash: string;
  failures: number;
  logPath: string;
  /** In words: what was asked for and is not in force. */
  notEnforced: string[];
}

export function noteOf(annotations: Record<string, string>): ContainerNote | undefined {
  return read<ContainerNote>(annotations);
}

/** What a sandbox was made from; undefined when it is not one of ours. */
export function sandboxSpecIn(annotations: Record<string, string>): SandboxSpec | undefined {
  return read<SandboxSpec>(annotations);
}

export function annotationsOf(note: ContainerNote | SandboxSpec): Record<string, string> {
  return { [made]: JSON.stringify(note) };
}

function read<T>(annotations: Record<string, string>): T | undefined {
  const text = annotations[made];
  // Only we write it, and the runtime keeps it as it is.
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
