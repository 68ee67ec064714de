import type { Empty } from "../../api/common.ts";

export interface VersionRequest {
  version?: string;
}

export interface VersionResponse {
  version: string;
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}

export interface StatusRequest {
  verbose?: boolean;
}

export interface StatusResponse {
  status: RuntimeStatus | null;
  info: Record<string, string>;
  runtimeHandlers: RuntimeHandler[];
  features: RuntimeFeatures | null;
}

export interface RuntimeStatus {
  conditions: RuntimeCondition[];
}

/** RuntimeReady and NetworkReady. */
export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

/** What a RuntimeClass may name. */
export interface RuntimeHandler {
  name: string;
  features: RuntimeHandlerFeatures | null;
}

export interface RuntimeHandlerFeatures {
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}

export interface RuntimeFeatures {
  supplementalGroupsPolicy: boolean;
  userNamespacesHostNetwork: boolean;
  mountOptions: boolean;
}

export interface UpdateRuntimeConfigRequest {
  runtimeConfig: RuntimeConfig;
}

export type UpdateRuntimeConfigResponse = Empty;

export interface RuntimeConfig {
  networkConfig?: NetworkConfig;
}

export interface NetworkConfig {
  /** Addresses of this node's pods, for a runtime that writes its CNI configuration from a template. */
  podCidr?: string;
}

export type RuntimeConfigRequest = Empty;

export interface RuntimeConfigResponse {
  linux: LinuxRuntimeConfiguration | null;
}

export interface LinuxRuntimeConfiguration {
  cgroupDriver: CgroupDriver;
}

export type CgroupDriver = "SYSTEMD" | "CGROUPFS";
