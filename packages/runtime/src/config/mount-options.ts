import type { mountAttributes } from "@drydock/linux";
import type { MountConfig } from "../types.ts";
import { invalid } from "./check.ts";

/** A mount's options sorted by who takes them: the kind of mount, its attributes (per mount), the file system's data. */
export interface MountPlan {
  kind: "bind" | "filesystem";
  /** rbind: with everything that is mounted below. */
  recursive: boolean;
  attributes: AttributeName[];
  /** rro and its like: also on everything below. */
  recursiveAttributes: boolean;
  /** Goes to the file system: a flag has no value. */
  data: { key: string; value?: string }[];
}

export type AttributeName = keyof typeof mountAttributes;

const attributeOptions: Record<string, AttributeName> = {
  ro: "MOUNT_ATTR_RDONLY",
  nosuid: "MOUNT_ATTR_NOSUID",
  nodev: "MOUNT_ATTR_NODEV",
  noexec: "MOUNT_ATTR_NOEXEC",
  noatime: "MOUNT_ATTR_NOATIME",
  nodiratime: "MOUNT_ATTR_NODIRATIME",
  strictatime: "MOUNT_ATTR_STRICTATIME",
  nosymfollow: "MOUNT_ATTR_NOSYMFOLLOW",
};

/** Say what is so anyway: the defaults, and private, since nothing leaves the container's mount namespace. */
const defaults = new Set([
  "rw",
  "suid",
  "dev",
  "exec",
  "relatime",
  "atime",
  "diratime",
  "async",
  "private",
  "rprivate",
  "defaults",
]);
const refused = new Set([
  "shared",
  "rshared",
  "slave",
  "rslave",
  "unbindable",
  "runbindable",
  "remount",
  "idmap",
  "ridmap",
  "tmpcopyup",
]);
const filesystems = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay", "ramfs"]);

export function planMount(mount: MountConfig, path: string): MountPlan {
  const plan: MountPlan = {
    kind: "filesystem",
    recursive: false,
    attributes: [],
    recursiveAttributes: false,
    data: [],
  };
  if (mount.type === "bind" || mount.type === "none") plan.kind = "bind";
  for (const [index, option] of (mount.options ?? []).entries()) {
    const recursive = option.startsWith("r") ? attributeOptions[option.slice(1)] : undefined;
    const attribute = attributeOptions[option] ?? recursive;
    if (option === "bind" || option === "rbind") {
      plan.kind = "bind";
      plan.recursive = option === "rbind";
    } else if (attribute) {
      plan.attributes.push(attribute);
      plan.recursiveAttributes ||= !(option in attributeOptions);
    } else if (refused.has(option)) {
      throw invalid(`${path}.options[${index}]`, `${option} is not supported`);
    } else if (!defaults.has(option)) {
      const equals = option.indexOf("=");
      plan.data.push(equals < 0 ? { key: option } : { key: option.slice(0, equals), value: option.slice(equals + 1) });
    }
  }
  return plan;
}

export function checkMounts(mounts: readonly MountConfig[]): void {
  for (const [index, mount] of mounts.entries()) {
    const path = `mounts[${index}]`;
    const plan = planMount(mount, path);
    if (plan.kind === "bind") {
      if (!mount.source?.startsWith("/")) throw invalid(`${path}.source`, "a bind mount needs an absolute path");
      const data = plan.data[0];
      if (data) throw invalid(`${path}.options`, `${data.key} is not an option of a bind mount`);
    } else if (!mount.type) {
      throw invalid(`${path}.type`, "is required unless the options say bind or rbind");
    } else if (!filesystems.has(mount.type)) {
      throw invalid(`${path}.type`, `${mount.type} is not supported`, `possible: bind, ${[...filesystems].join(", ")}`);
    }
    if (mount.destination.split("/").includes(".."))
      throw invalid(`${path}.destination`, `${mount.destination} contains ..`);
    if (mount.destination.replaceAll("/", "") === "")
      throw invalid(`${path}.destination`, "is the root itself", "use root");
  }
}
