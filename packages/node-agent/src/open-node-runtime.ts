import type { RuncOptions } from "@drydock/containerd";
import type { Logger } from "@drydock/kit";
import type { RotationPolicy } from "./logs/log-file.ts";
import type { PodNetworkOptions } from "./network/create-pod-network.ts";
import type { NodeRuntime, Sharing } from "./port/pod-runtime.ts";

export type RuntimeKind = "native" | "containerd" | "cri";

export interface NodeRuntimeOptions {
  /** Where containerd, or CRI, is served; each has its usual place unless stated. */
  socket?: string;
  /** How containerd calls runc; as it always does unless stated. */
  runc?: RuncOptions;
  /** Sets apart what different users make on one daemon: containerd's namespace, a label with CRI. */
  owner: string;
  stateDir: string;
  imageDir: string;
  /** Of a CRI runtime's own network only the range is told to it. */
  network: PodNetworkOptions;
  insecureRegistries?: string[];
  logRotation?: RotationPolicy;
  sharing?: Sharing;
  logger: Logger;
}

/** The adapter of PodRuntime of a kind, not opened yet. Each is loaded only when it is asked for. Rejects with CONTAINERD_UNREACHABLE. */
export async function createNodeRuntime(kind: RuntimeKind, options: NodeRuntimeOptions): Promise<NodeRuntime> {
  const { owner, insecureRegistries = [] } = options;
  switch (kind) {
    case "native": {
      const { createNativeRuntime } = await import("./native/create-native-runtime.ts");
      return createNativeRuntime({ ...options, insecureRegistries });
    }
    case "containerd": {
      const { createContainerdRuntime } = await import("./containerd/create-containerd-runtime.ts");
      return createContainerdRuntime({ ...options, insecureRegistries, namespace: owner });
    }
    case "cri": {
      const { createCriRuntime } = await import("./cri/create-cri-runtime.ts");
      const { sharing, network } = options;
      // Who shares a runtime with others does not decide on its network.
      return createCriRuntime({ ...options, ...(sharing ? {} : { podCidr: network.podCidr }) });
    }
  }
}

/**
 * What runs pods, without an agent: for who starts containers by hand. Rejects with CONTAINERD_UNREACHABLE when what it stands on does not
 * run.
 */
export async function openNodeRuntime(kind: RuntimeKind, options: NodeRuntimeOptions): Promise<NodeRuntime> {
  const runtime = await createNodeRuntime(kind, options);
  try {
    await runtime.pods.open();
    return runtime;
  } catch (error) {
    await runtime.pods.close();
    throw error;
  }
}
