import { capabilityNames, namespaceKinds, personalities, rlimitNumbers } from "@drydock/linux";
import type { LinuxResources, ProcessConfig, RuntimeConfig } from "../types.ts";
import { absolutePath, type Check, flag, integer, invalid, list, map, object, oneOf, text } from "./check.ts";
import { checkDevices, devicesShape } from "./devices-shape.ts";
import { hooksShape } from "./hooks-shape.ts";
import { checkMountNamespace } from "./mount-namespace.ts";
import { checkMounts } from "./mount-options.ts";
import { resourcesShape } from "./resources-shape.ts";
import {
  affinityShape,
  checkMemoryPolicy,
  checkScheduling,
  ioPriorityShape,
  memoryPolicyShape,
  schedulerShape,
} from "./scheduling-shape.ts";
import { seccompShape } from "./seccomp-shape.ts";
import { checkSysctl } from "./sysctl.ts";
import { checkTimeOffsets, timeOffsetsShape } from "./time-offsets.ts";
import { checkUserNamespace, hasUserNamespace, idMappingsShape } from "./user-namespace.ts";

const maxId = 2 ** 32 - 2;
const capabilities = list(oneOf(...capabilityNames));
const propagations = ["private", "shared", "slave", "unbindable"];

const processShape = object(
  {
    terminal: flag,
    consoleSize: object({ height: integer(0, 65535), width: integer(0, 65535) }),
    cwd: absolutePath,
    args: list(text),
    env: list(text),
    user: object(
      {
        uid: integer(0, maxId),
        gid: integer(0, maxId),
        umask: integer(0, 0o777),
        additionalGids: list(integer(0, maxId)),
      },
      { required: ["uid", "gid"] },
    ),
    capabilities: object({
      bounding: capabilities,
      effective: capabilities,
      inheritable: capabilities,
      permitted: capabilities,
      ambient: capabilities,
    }),
    noNewPrivileges: flag,
    apparmorProfile: text,
    selinuxLabel: text,
    oomScoreAdj: integer(-1000, 1000),
    rlimits: list(
      object(
        { type: oneOf(...Object.keys(rlimitNumbers)), hard: integer(0), soft: integer(0) },
        { required: ["type", "hard", "soft"] },
      ),
    ),
    ioPriority: ioPriorityShape,
    scheduler: schedulerShape,
    execCPUAffinity: affinityShape,
  },
  { required: ["cwd", "args"] },
);

const noPersonalityFlag: Check = (_value, path) => {
  throw invalid(path, "is not supported", "the runtime-spec has no flags of a personality");
};

const linuxShape = object({
  namespaces: list(object({ type: oneOf(...Object.keys(namespaceKinds)), path: absolutePath }, { required: ["type"] })),
  cgroupsPath: text,
  resources: resourcesShape,
  maskedPaths: list(absolutePath),
  mountLabel: text,
  readonlyPaths: list(absolutePath),
  sysctl: map(text),
  rootfsPropagation: oneOf(...propagations, ...propagations.map((name) => `r${name}`)),
  uidMappings: idMappingsShape,
  gidMappings: idMappingsShape,
  timeOffsets: timeOffsetsShape,
  personality: object(
    { domain: oneOf(...Object.keys(personalities)), flags: list(noPersonalityFlag) },
    { required: ["domain"] },
  ),
  memoryPolicy: memoryPolicyShape,
  seccomp: seccompShape,
  devices: devicesShape,
});

const configShape = object(
  {
    ociVersion: text,
    hostname: text,
    domainname: text,
    process: processShape,
    root: object({ path: text, readonly: flag }, { required: ["path"] }),
    mounts: list(
      object(
        {
          destination: absolutePath,
          type: text,
          source: text,
          options: list(text),
          uidMappings: idMappingsShape,
          gidMappings: idMappingsShape,
        },
        { required: ["destination"] },
      ),
    ),
    annotations: map(text),
    hooks: hooksShape,
    linux: linuxShape,
  },
  { required: ["ociVersion", "process", "root"] },
);

/** Holds a configuration against what this runtime does. Throws RUNTIME_INVALID_CONFIG with the field's path. */
export function validateConfig(value: unknown): RuntimeConfig {
  configShape(value, "");
  const config = value as RuntimeConfig;
  if (!/^1\.\d+\.\d+/.test(config.ociVersion))
    throw invalid("ociVersion", `${config.ociVersion} is not a version 1.x.y`);
  checkProcess(config.process, "process");
  checkNamespaces(config);
  checkMountNamespace(config);
  checkUserNamespace(config);
  checkTimeOffsets(config);
  checkMounts(config.mounts ?? [], hasUserNamespace(config));
  checkMemoryPolicy(config.linux?.memoryPolicy);
  checkSysctl(config);
  checkDevices(config);
  checkCgroupsPath(config.linux?.cgroupsPath);
  return config;
}

/** The same for the process of an exec. */
export function validateProcess(value: unknown): ProcessConfig {
  processShape(value, "process");
  checkProcess(value as ProcessConfig, "process");
  return value as ProcessConfig;
}

/** The same for the limits of an update. */
export function validateResources(value: unknown): LinuxResources {
  resourcesShape(value, "linux.resources");
  return value as LinuxResources;
}

function checkProcess(process: ProcessConfig, path: string): void {
  if (process.args.length === 0) throw invalid(`${path}.args`, "is empty", "name the program to run");
  if (process.args[0] === "") throw invalid(`${path}.args[0]`, "is empty", "name the program to run");
  for (const [index, variable] of (process.env ?? []).entries()) {
    if (!variable.includes("="))
      throw invalid(`${path}.env[${index}]`, `${JSON.stringify(variable)} is not NAME=value`);
  }
  const limited = new Set<string>();
  for (const [index, { type, soft, hard }] of (process.rlimits ?? []).entries()) {
    // runtime-spec, config.md: a type that is given twice is an error.
    if (limited.has(type)) throw invalid(`${path}.rlimits[${index}].type`, `${type} is named twice`);
    limited.add(type);
    if (soft > hard) throw invalid(`${path}.rlimits[${index}].soft`, `${soft} is above the hard limit of ${hard}`);
  }
  checkScheduling(process, path);
}

function checkNamespaces(config: RuntimeConfig): void {
  const namespaces = config.linux?.namespaces ?? [];
  const seen = new Set<string>();
  for (const [index, { type }] of namespaces.entries()) {
    const at = `linux.namespaces[${index}]`;
    if (seen.has(type)) throw invalid(at, `${type} is named twice`);
    seen.add(type);
  }
  if (config.hostname !== undefined && !seen.has("uts")) {
    throw invalid("hostname", "would change the host's name", 'add {"type": "uts"} to linux.namespaces');
  }
  if (config.domainname !== undefined && !seen.has("uts")) {
    throw invalid("domainname", "would change the host's name", 'add {"type": "uts"} to linux.namespaces');
  }
}

function checkCgroupsPath(path: string | undefined): void {
  if (path?.split("/").includes("..")) throw invalid("linux.cgroupsPath", `${path} leaves the cgroup root`);
  if (path?.includes(":")) {
    throw invalid("linux.cgroupsPath", `${path} is a systemd slice`, "give a path: we do not talk to systemd");
  }
}
