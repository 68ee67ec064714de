import type { ImageSpec, KeyValue } from "./common.ts";
import type { LinuxContainerResources } from "./resources.ts";
import type { IDMapping, LinuxContainerSecurityContext } from "./security.ts";
import type { Signal } from "./signals.ts";

export interface ContainerConfig {
  metadata: ContainerMetadata;
  image: ImageSpec;
  /** Instead of the image's entrypoint. */
  command?: string[];
  /** Instead of the image's command. */
  args?: string[];
  workingDir?: string;
  envs?: KeyValue[];
  mounts?: Mount[];
  devices?: Device[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Relative to the sandbox's log_directory. */
  logPath?: string;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  linux?: LinuxContainerConfig;
  CDIDevices?: CDIDevice[];
  stopSignal?: Signal;
}

/** Together with the sandbox they name a container. */
export interface ContainerMetadata {
  name: string;
  attempt: number;
}

export type MountPropagation = "PROPAGATION_PRIVATE" | "PROPAGATION_HOST_TO_CONTAINER" | "PROPAGATION_BIDIRECTIONAL";

export interface Mount {
  containerPath?: string;
  hostPath?: string;
  readonly?: boolean;
  selinuxRelabel?: boolean;
  propagation?: MountPropagation;
  uidMappings?: IDMapping[];
  gidMappings?: IDMapping[];
  recursiveReadOnly?: boolean;
  image?: ImageSpec | null;
  imageSubPath?: string;
  mountOptions?: string[];
}

export interface Device {
  containerPath?: string;
  hostPath?: string;
  /** Of r, w and m. */
  permissions?: string;
}

export interface CDIDevice {
  name?: string;
}

export interface LinuxContainerConfig {
  resources?: LinuxContainerResources;
  securityContext?: LinuxContainerSecurityContext;
}

export interface LinuxContainerUser {
  uid: number;
  gid: number;
  supplementalGroups: number[];
}

export interface ContainerUser {
  linux: LinuxContainerUser | null;
}
