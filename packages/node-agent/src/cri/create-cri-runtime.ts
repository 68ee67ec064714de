import { join } from "node:path";
import { connectCri } from "@drydock/containerd";
import type { Logger } from "@drydock/kit";
import { openImageStore } from "@drydock/oci";
import { defaultRotation, type RotationPolicy } from "../logs/log-file.ts";
import type { NodeRuntime } from "../port/pod-runtime.ts";
import { CriContainers } from "./cri-containers.ts";
import { CriImages } from "./cri-images.ts";
import { CriPods } from "./cri-pods.ts";
import { CriSandboxes } from "./cri-sandboxes.ts";

export interface CriRuntimeOptions {
  /** Where CRI is served; containerd's socket unless stated. */
  socket?: string;
  /** Whose pods these are: others on the same runtime are neither seen nor touched. */
  owner: string;
  stateDir: string;
  imageDir: string;
  /** Of the node's pods, for a runtime that makes its network from a template; without it, its network is left as it is. */
  podCidr?: string;
  logRotation?: RotationPolicy;
  logger: Logger;
}

/** The adapter of PodRuntime on whatever serves CRI v1. Rejects with CONTAINERD_UNREACHABLE when nothing does. */
export async function createCriRuntime(options: CriRuntimeOptions): Promise<NodeRuntime> {
  const { owner, logger, podCidr, socket } = options;
  const store = await openImageStore({ directory: options.imageDir, logger });
  const cri = await connectCri(socket === undefined ? {} : { socket });
  const images = new CriImages({ cri, store, logger });
  const sandboxes = new CriSandboxes({ cri, owner, directory: join(options.stateDir, "cri", "pods") });
  const containers = new CriContainers({ cri, owner, sandboxes, images, logger });
  const network = podCidr === undefined ? {} : { podCidr };
  const rotation = options.logRotation ?? defaultRotation;
  const { runtimeName, runtimeVersion } = cri.version;
  return {
    // Distributions add to it: Debian's is 1.6.20~ds1.
    version: `${runtimeName}://${/^v?([\d.]+)/.exec(runtimeVersion)?.[1] ?? runtimeVersion}`,
    pods: new CriPods({ cri, sandboxes, containers, images, ...network, rotation, logger }),
    images,
  };
}
