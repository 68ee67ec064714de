import { connectContainerd, type RuncOptions } from "@drydock/containerd";
import type { Logger } from "@drydock/kit";
import { openImageStore } from "@drydock/oci";
import { defaultRotation, type RotationPolicy } from "../logs/log-file.ts";
import { NativeLayout } from "../native/layout.ts";
import { Sandboxes } from "../native/sandboxes.ts";
import { createPodNetwork, type PodNetworkOptions } from "../network/create-pod-network.ts";
import type { NodeRuntime, Sharing } from "../port/pod-runtime.ts";
import { ContainerdContainers } from "./containerd-containers.ts";
import { ContainerdImages } from "./containerd-images.ts";
import { ContainerdPods } from "./containerd-pods.ts";
import { LogPumps } from "./log-pumps.ts";
import { RunStarter } from "./run-starter.ts";

export interface ContainerdRuntimeOptions {
  /** containerd's socket; /run/containerd/containerd.sock unless stated. */
  socket?: string;
  /** How containerd calls runc; as it always does unless stated. */
  runc?: RuncOptions;
  /** containerd's namespace of what is made; drydock, the agent's, unless stated. `ctr -n drydock` shows it. */
  namespace?: string;
  stateDir: string;
  imageDir: string;
  network: PodNetworkOptions;
  insecureRegistries: string[];
  logRotation?: RotationPolicy;
  sharing?: Sharing;
  logger: Logger;
}

/** The adapter of PodRuntime on a containerd that runs on this node. Rejects with CONTAINERD_UNREACHABLE when there is none. */
export async function createContainerdRuntime(options: ContainerdRuntimeOptions): Promise<NodeRuntime> {
  const { logger, stateDir } = options;
  const store = await openImageStore({ directory: options.imageDir, logger });
  const client = await connectContainerd({
    namespace: options.namespace ?? "drydock",
    logger,
    ...(options.socket === undefined ? {} : { socket: options.socket }),
    ...(options.runc ? { runtime: options.runc } : {}),
  });
  const layout = new NativeLayout(stateDir, "containerd");
  const pumps = new LogPumps(options.logRotation ?? defaultRotation, logger);
  const starter = new RunStarter({ client, layout, pumps, logger });
  const containers = new ContainerdContainers({ client, layout, pumps, starter, logger });
  const { sharing } = options;
  const takesOn = sharing?.takesOn ?? (() => true);
  const network = createPodNetwork(options.network, layout.root, logger);
  const sandboxes = new Sandboxes({ layout, network, isShared: sharing !== undefined });
  const { version } = await client.version();
  return {
    // Distributions add to it: Debian's is 1.6.20~ds1.
    version: `containerd://${/^v?([\d.]+)/.exec(version)?.[1] ?? version}`,
    pods: new ContainerdPods({ client, layout, sandboxes, containers, takesOn, logger }),
    images: new ContainerdImages(client, store, options.insecureRegistries),
  };
}
