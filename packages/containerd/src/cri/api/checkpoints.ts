import type { Empty } from "../../api/common.ts";
import type { ContainerConfig } from "./container-config.ts";
import type { PodSandboxConfig } from "./sandbox-config.ts";

export interface CheckpointContainerRequest {
  containerId: string;
  location?: string;
  /** s */
  timeout?: number;
}

export type CheckpointContainerResponse = Empty;

export interface CheckpointPodRequest {
  podSandboxId: string;
  outputPath?: string;
  containerIds?: string[];
  options?: Record<string, string>;
}

export type CheckpointPodResponse = Empty;

export interface RestorePodRequest {
  checkpointPath?: string;
  config?: PodSandboxConfig;
  runtimeHandler?: string;
  options?: Record<string, string>;
  containerConfigs?: ContainerConfig[];
}

export interface RestoredContainer {
  name: string;
  containerId: string;
}

export interface RestorePodResponse {
  podSandboxId: string;
  restoredContainers: RestoredContainer[];
}
