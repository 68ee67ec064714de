import { join } from "node:path";
import { defaultSeccompProfile } from "@drydock/linux";
import type { ImageConfig } from "@drydock/oci";
import {
  capabilitySetsFor,
  defaultMaskedPaths,
  defaultMounts,
  defaultReadonlyPaths,
  type LinuxResources,
  type MountConfig,
  type ProcessConfig,
  type RuntimeConfig,
} from "@drydock/runtime";
import { agentError } from "../errors.ts";
import type { ContainerSpec } from "../port/pod-runtime.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { ProcessUser } from "./resolve-user.ts";

export interface ContainerConfigInput {
  spec: ContainerSpec;
  image: ImageConfig;
  user: ProcessUser;
  /** Directory with the pod's namespaces, and the one with its files for /etc. */
  namespaces: string;
  etc: string;
  hostname: string;
  cgroupsPath: string;
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The OCI configuration of a container: what the pod says, where it is silent the image, where both are the defaults of containerd. Pure. */
export function containerConfig(input: ContainerConfigInput): RuntimeConfig {
  const { spec } = input;
  return {
    ociVersion: "1.2.0",
    process: processConfig(input),
    root: { path: "rootfs", readonly: spec.readOnlyRootFilesystem },
    mounts: [...defaultMounts(), ...etcMounts(input.etc), ...spec.mounts.map(bindMount)],
    linux: {
      namespaces: [
        { type: "pid" },
        { type: "mount" },
        { type: "cgroup" },
        { type: "network", path: join(input.namespaces, "net") },
        { type: "uts", path: join(input.namespaces, "uts") },
        { type: "ipc", path: join(input.namespaces, "ipc") },
      ],
      cgroupsPath: input.cgroupsPath,
      resources: resourcesConfig(spec),
      ...(spec.security.seccompDefault ? { seccomp: defaultSeccompProfile(capabilitiesFor(spec)) } : {}),
      maskedPaths: [...defaultMaskedPaths],
      readonlyPaths: [...defaultReadonlyPaths],
    },
  };
}

function processConfig({ spec, image, user, hostname }: ContainerConfigInput): ProcessConfig {
  return {
    cwd: spec.workingDir || image.WorkingDir || "/",
    args: commandLine(spec, image),
    env: environment(spec, image, user, hostname),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    capabilities: capabilitySetsFor(capabilitiesFor(spec), user.uid),
    noNewPrivileges: !spec.security.allowPrivilegeEscalation,
    oomScoreAdj: spec.oomScoreAdj,
  };
}

function capabilitiesFor({ security }: ContainerSpec) {
  return capabilitiesOf(security.addCapabilities, security.dropCapabilities);
}

/** The pod's command replaces the image's entrypoint *and* cmd; its args replace cmd alone. */
function commandLine(spec: ContainerSpec, image: ImageConfig): string[] {
  const entrypoint = spec.command ?? image.Entrypoint ?? [];
  const rest = spec.args ?? (spec.command ? [] : (image.Cmd ?? []));
  const args = [...entrypoint, ...rest];
  if (args.length > 0) return args;
  throw agentError("AGENT_NO_COMMAND", `neither container ${spec.name} nor its image says what to run`, {
    hint: "set command in the pod, or ENTRYPOINT or CMD in the image",
  });
}

function environment(spec: ContainerSpec, image: ImageConfig, user: ProcessUser, hostname: string): string[] {
  const variables = new Map<string, string>([
    ["PATH", defaultPath],
    ["HOSTNAME", hostname],
    ["HOME", user.home],
  ]);
  for (const text of image.Env ?? []) {
    const equals = text.indexOf("=");
    if (equals > 0) variables.set(text.slice(0, equals), text.slice(equals + 1));
  }
  for (const { name, value } of spec.env) variables.set(name, value);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function etcMounts(etc: string): MountConfig[] {
  return ["hosts", "hostname", "resolv.conf"].map((name) => ({
    destination: `/etc/${name}`,
    type: "bind",
    source: join(etc, name),
    options: ["rbind", "rprivate", "rw"],
  }));
}

function bindMount({ hostPath, containerPath, readOnly }: ContainerSpec["mounts"][number]): MountConfig {
  return {
    destination: containerPath,
    type: "bind",
    source: hostPath,
    options: ["rbind", "rprivate", readOnly ? "ro" : "rw"],
  };
}

function resourcesConfig({ resources }: ContainerSpec): LinuxResources {
  const { cpuShares, cpuQuotaUs, cpuPeriodUs, memoryLimitBytes } = resources;
  return {
    ...(cpuShares === undefined && cpuQuotaUs === undefined
      ? {}
      : {
          cpu: {
            ...(cpuShares === undefined ? {} : { shares: cpuShares }),
            ...(cpuQuotaUs === undefined ? {} : { quota: cpuQuotaUs }),
            ...(cpuPeriodUs === undefined ? {} : { period: cpuPeriodUs }),
          },
        }),
    ...(memoryLimitBytes === undefined ? {} : { memory: { limit: memoryLimitBytes } }),
  };
}
