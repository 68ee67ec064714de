import type { Empty } from "../../api/common.ts";
import type { ImageSpec } from "./common.ts";
import type { ContainerConfig, ContainerMetadata, ContainerUser, Mount } from "./container-config.ts";
import type { ContainerResources, LinuxContainerResources } from "./resources.ts";
import type { PodSandboxConfig } from "./sandbox-config.ts";
import type { Signal } from "./signals.ts";

export interface CreateContainerRequest {
  podSandboxId: string;
  config: ContainerConfig;
  /** As the sandbox was made. */
  sandboxConfig?: PodSandboxConfig;
}

export interface CreateContainerResponse {
  containerId: string;
}

export interface StartContainerRequest {
  containerId: string;
}

export type StartContainerResponse = Empty;

export interface StopContainerRequest {
  containerId: string;
  /** Seconds between the stop signal and SIGKILL; 0: SIGKILL at once. */
  timeout?: number;
}

export type StopContainerResponse = Empty;

export interface RemoveContainerRequest {
  containerId: string;
}

export type RemoveContainerResponse = Empty;

export type ContainerState = "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED" | "CONTAINER_UNKNOWN";

export interface ListContainersRequest {
  filter?: ContainerFilter;
}

export interface ContainerFilter {
  id?: string;
  state?: ContainerStateValue;
  podSandboxId?: string;
  labelSelector?: Record<string, string>;
}

export interface ContainerStateValue {
  state?: ContainerState;
}

export interface ListContainersResponse {
  containers: Container[];
}

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: ContainerMetadata | null;
  image: ImageSpec | null;
  imageRef: string;
  state: ContainerState;
  createdAt: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  imageId: string;
}

export interface StreamContainersRequest {
  filter?: ContainerFilter;
}

export interface StreamContainersResponse {
  containers: Container[];
}

export interface ContainerStatusRequest {
  containerId: string;
  verbose?: boolean;
}

export interface ContainerStatusResponse {
  status: ContainerStatus | null;
  info: Record<string, string>;
}

export interface ContainerStatus {
  id: string;
  metadata: ContainerMetadata | null;
  state: ContainerState;
  /** ns since the epoch, 0 for never */
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  image: ImageSpec | null;
  imageRef: string;
  reason: string;
  message: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  mounts: Mount[];
  logPath: string;
  resources: ContainerResources | null;
  imageId: string;
  user: ContainerUser | null;
  stopSignal: Signal;
}

export interface UpdateContainerResourcesRequest {
  containerId: string;
  linux?: LinuxContainerResources;
  annotations?: Record<string, string>;
}

export type UpdateContainerResourcesResponse = Empty;

export interface ReopenContainerLogRequest {
  containerId: string;
}

export type ReopenContainerLogResponse = Empty;
