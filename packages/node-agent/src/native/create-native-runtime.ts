import type { Logger } from "@drydock/kit";
import { openImageStore } from "@drydock/oci";
import { createRuntime } from "@drydock/runtime";
import { defaultRotation, type RotationPolicy } from "../logs/log-file.ts";
import { createPodNetwork, type PodNetworkOptions } from "../network/create-pod-network.ts";
import type { NodeRuntime, Sharing } from "../port/pod-runtime.ts";
import { NativeLayout } from "./layout.ts";
import { NativeContainers } from "./native-containers.ts";
import { NativeImages } from "./native-images.ts";
import { NativePods } from "./native-pods.ts";
import { Sandboxes } from "./sandboxes.ts";

export interface NativeRuntimeOptions {
  stateDir: string;
  imageDir: string;
  network: PodNetworkOptions;
  insecureRegistries: string[];
  logRotation?: RotationPolicy;
  sharing?: Sharing;
  logger: Logger;
}

/** The adapter of PodRuntime on our own runtime and image store. */
export async function createNativeRuntime(options: NativeRuntimeOptions): Promise<NodeRuntime> {
  const { logger } = options;
  const layout = new NativeLayout(options.stateDir);
  const store = await openImageStore({ directory: options.imageDir, logger });
  const listeners = new Set<(podUid: string) => void>();
  const containers = new NativeContainers({
    layout,
    runtime: createRuntime({ stateDir: layout.runtime, logger, ownThread: true }),
    images: store,
    rotation: options.logRotation ?? defaultRotation,
    logger,
    changed: (podUid) => {
      for (const listener of listeners) listener(podUid);
    },
  });
  const { sharing } = options;
  const takesOn = sharing?.takesOn ?? (() => true);
  const network = createPodNetwork(options.network, layout.root, logger);
  const sandboxes = new Sandboxes({ layout, network, isShared: sharing !== undefined });
  return {
    version: "drydock-native://0.1.0",
    pods: new NativePods({ layout, sandboxes, containers, listeners, takesOn, logger }),
    images: new NativeImages(store, options.insecureRegistries),
  };
}
