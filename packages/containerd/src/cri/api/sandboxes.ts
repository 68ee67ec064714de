import type { Empty } from "../../api/common.ts";
import type { ContainerStatus } from "./containers.ts";
import type { LinuxContainerResources } from "./resources.ts";
import type { PodSandboxConfig, PodSandboxMetadata } from "./sandbox-config.ts";
import type { NamespaceOption } from "./security.ts";

export interface RunPodSandboxRequest {
  config: PodSandboxConfig;
  /** "" for the default one. */
  runtimeHandler?: string;
}

export interface RunPodSandboxResponse {
  podSandboxId: string;
}

export interface StopPodSandboxRequest {
  podSandboxId: string;
}

export type StopPodSandboxResponse = Empty;

export interface RemovePodSandboxRequest {
  podSandboxId: string;
}

export type RemovePodSandboxResponse = Empty;

export interface PodSandboxStatusRequest {
  podSandboxId: string;
  verbose?: boolean;
}

export interface PodSandboxStatusResponse {
  status: PodSandboxStatus | null;
  info: Record<string, string>;
  containersStatuses: ContainerStatus[];
  timestamp: number;
}

export type PodSandboxState = "SANDBOX_READY" | "SANDBOX_NOTREADY";

export interface PodSandboxStatus {
  id: string;
  metadata: PodSandboxMetadata | null;
  state: PodSandboxState;
  /** ns since the epoch */
  createdAt: number;
  network: PodSandboxNetworkStatus | null;
  linux: LinuxPodSandboxStatus | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}

export interface PodSandboxNetworkStatus {
  ip: string;
  additionalIps: PodIP[];
}

export interface PodIP {
  ip: string;
}

export interface LinuxPodSandboxStatus {
  namespaces: Namespace | null;
}

export interface Namespace {
  options: NamespaceOption | null;
}

export interface ListPodSandboxRequest {
  filter?: PodSandboxFilter;
}

export interface PodSandboxFilter {
  id?: string;
  state?: PodSandboxStateValue;
  labelSelector?: Record<string, string>;
}

export interface PodSandboxStateValue {
  state?: PodSandboxState;
}

export interface ListPodSandboxResponse {
  items: PodSandbox[];
}

export interface PodSandbox {
  id: string;
  metadata: PodSandboxMetadata | null;
  state: PodSandboxState;
  createdAt: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}

export interface StreamPodSandboxesRequest {
  filter?: PodSandboxFilter;
}

export interface StreamPodSandboxesResponse {
  podSandboxes: PodSandbox[];
}

export interface UpdatePodSandboxResourcesRequest {
  podSandboxId: string;
  overhead?: LinuxContainerResources;
  resources?: LinuxContainerResources;
}

export type UpdatePodSandboxResourcesResponse = Empty;
