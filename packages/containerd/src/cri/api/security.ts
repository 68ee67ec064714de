import type { Int64Value } from "./common.ts";

export type ProfileType = "RuntimeDefault" | "Unconfined" | "Localhost";

/** Whose namespace a process is in. */
export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";

export interface NamespaceOption {
  network?: NamespaceMode;
  pid?: NamespaceMode;
  ipc?: NamespaceMode;
  /** With pid TARGET: the container whose processes are seen. */
  targetId?: string;
  usernsOptions?: UserNamespace | null;
}

export interface UserNamespace {
  mode?: NamespaceMode;
  uids?: IDMapping[];
  gids?: IDMapping[];
}

export interface IDMapping {
  hostId: number;
  containerId: number;
  length: number;
}

export type SupplementalGroupsPolicy = "Merge" | "Strict";

export interface SecurityProfile {
  profileType?: ProfileType;
  localhostRef?: string;
}

export interface SELinuxOption {
  user?: string;
  role?: string;
  type?: string;
  level?: string;
}

export interface Capability {
  addCapabilities?: string[];
  dropCapabilities?: string[];
  addAmbientCapabilities?: string[];
}

export interface LinuxSandboxSecurityContext {
  namespaceOptions?: NamespaceOption;
  selinuxOptions?: SELinuxOption;
  runAsUser?: Int64Value;
  readonlyRootfs?: boolean;
  supplementalGroups?: number[];
  privileged?: boolean;
  seccompProfilePath?: string;
  runAsGroup?: Int64Value;
  seccomp?: SecurityProfile;
  apparmor?: SecurityProfile;
  supplementalGroupsPolicy?: SupplementalGroupsPolicy;
}

export interface LinuxContainerSecurityContext {
  capabilities?: Capability;
  privileged?: boolean;
  namespaceOptions?: NamespaceOption;
  selinuxOptions?: SELinuxOption;
  runAsUser?: Int64Value;
  runAsUsername?: string;
  readonlyRootfs?: boolean;
  supplementalGroups?: number[];
  apparmorProfile?: string;
  seccompProfilePath?: string;
  noNewPrivs?: boolean;
  runAsGroup?: Int64Value;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  seccomp?: SecurityProfile;
  apparmor?: SecurityProfile;
  supplementalGroupsPolicy?: SupplementalGroupsPolicy;
}
