import type { mountAttributes, mountFlags } from "@drydock/linux";
import type { MountConfig } from "../types.ts";
import { invalid } from "./check.ts";

export type AttributeName = keyof typeof mountAttributes;
export type PropagationFlag = keyof typeof mountFlags & ("MS_PRIVATE" | "MS_SHARED" | "MS_SLAVE" | "MS_UNBINDABLE");

/** What one call of mount_setattr(2) changes. */
export interface AttributeChange {
  set: AttributeName[];
  clear: AttributeName[];
  /** A new choice among the three that share a field: its old value is cleared first. */
  atime: boolean;
}

/** A mount's options sorted by who takes them: the kind of mount, its attributes (per mount), the file system's data. */
export interface MountPlan {
  kind: "bind" | "filesystem";
  /** rbind: with everything that is mounted below. */
  recursive: boolean;
  /** Of this mount alone. */
  attributes: AttributeChange;
  /** rro and its like: also of everything below. */
  below: AttributeChange;
  /** Left out: private. */
  propagation?: { flag: PropagationFlag; recursive: boolean };
  /** Owners are translated; ridmap: also on everything below. */
  idmap?: "idmap" | "ridmap";
  /** tmpcopyup: a tmpfs that begins with what the image has at that place. */
  copyUp: boolean;
  /** Goes to the file system: a flag has no value. */
  data: { key: string; value?: string }[];
}

/** The options of mount(8) that say something about one mount: what they set or clear. `r` before one of them: below, too. */
const attributeOptions: Record<string, { set?: AttributeName; clear?: AttributeName; atime?: true }> = {
  ro: { set: "MOUNT_ATTR_RDONLY" },
  rw: { clear: "MOUNT_ATTR_RDONLY" },
  nosuid: { set: "MOUNT_ATTR_NOSUID" },
  suid: { clear: "MOUNT_ATTR_NOSUID" },
  nodev: { set: "MOUNT_ATTR_NODEV" },
  dev: { clear: "MOUNT_ATTR_NODEV" },
  noexec: { set: "MOUNT_ATTR_NOEXEC" },
  exec: { clear: "MOUNT_ATTR_NOEXEC" },
  nosymfollow: { set: "MOUNT_ATTR_NOSYMFOLLOW" },
  symfollow: { clear: "MOUNT_ATTR_NOSYMFOLLOW" },
  nodiratime: { set: "MOUNT_ATTR_NODIRATIME" },
  diratime: { clear: "MOUNT_ATTR_NODIRATIME" },
  noatime: { set: "MOUNT_ATTR_NOATIME", atime: true },
  strictatime: { set: "MOUNT_ATTR_STRICTATIME", atime: true },
  // Relative is what is left when the field of the three is cleared.
  relatime: { atime: true },
  atime: { atime: true },
  norelatime: { atime: true },
  nostrictatime: { atime: true },
};
const propagationOptions: Record<string, PropagationFlag> = {
  private: "MS_PRIVATE",
  shared: "MS_SHARED",
  slave: "MS_SLAVE",
  unbindable: "MS_UNBINDABLE",
};
/** Say what is so anyway. */
const defaults = new Set(["async", "defaults", "nomand", "noiversion", "nolazytime", "loud", "silent", "acl"]);
const refused: Record<string, string> = {
  remount: "each mount is made anew: give it the options that it is to have",
  iversion: "it is no option of a mount to the kernel, and of no file system that can be mounted here: remove it",
  move: "a mount is not moved: bind it, with bind or rbind",
};

const filesystems = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay", "ramfs"]);

export function planMount(mount: MountConfig, path: string): MountPlan {
  const plan: MountPlan = {
    kind: mount.type === "bind" || mount.type === "none" ? "bind" : "filesystem",
    recursive: false,
    attributes: { set: [], clear: [], atime: false },
    below: { set: [], clear: [], atime: false },
    copyUp: false,
    data: [],
  };
  for (const [index, option] of (mount.options ?? []).entries()) {
    if (takeOption(plan, option)) continue;
    const advice = Object.hasOwn(refused, option) ? refused[option] : undefined;
    if (advice !== undefined) throw invalid(`${path}.options[${index}]`, `${option} is not supported`, advice);
    const equals = option.indexOf("=");
    plan.data.push(equals < 0 ? { key: option } : { key: option.slice(0, equals), value: option.slice(equals + 1) });
  }
  if (mount.uidMappings?.length || mount.gidMappings?.length) plan.idmap ??= "idmap";
  // A bind begins with the source's attributes; "rw", "suid" and their like say no more than that nothing is added.
  plan.attributes.clear = [];
  return plan;
}

/** False for an option that is the file system's own. */
function takeOption(plan: MountPlan, option: string): boolean {
  const below = option.startsWith("r") ? option.slice(1) : "";
  const propagation = of(propagationOptions, option) ?? of(propagationOptions, below);
  if (option === "bind" || option === "rbind") {
    plan.kind = "bind";
    plan.recursive = option === "rbind";
  } else if (of(attributeOptions, option)) {
    change(plan.attributes, option);
  } else if (of(attributeOptions, below)) {
    change(plan.below, below);
  } else if (propagation) {
    plan.propagation = { flag: propagation, recursive: !(option in propagationOptions) };
  } else if (option === "idmap" || option === "ridmap") {
    plan.idmap = option;
  } else if (option === "tmpcopyup") {
    plan.copyUp = true;
  } else {
    return defaults.has(option);
  }
  return true;
}

/** The later of two options that contradict each other holds. */
function change(attributes: AttributeChange, option: string): void {
  const { set, clear, atime } = attributeOptions[option] ?? {};
  const drop = (list: AttributeName[], ...names: (AttributeName | undefined)[]): AttributeName[] =>
    list.filter((name) => !names.includes(name));
  if (atime) {
    attributes.atime = true;
    attributes.set = drop(attributes.set, "MOUNT_ATTR_NOATIME", "MOUNT_ATTR_STRICTATIME");
  }
  attributes.set = [...drop(attributes.set, set, clear), ...(set ? [set] : [])];
  attributes.clear = [...drop(attributes.clear, set, clear), ...(clear ? [clear] : [])];
}

function of<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export function checkMounts(mounts: readonly MountConfig[], hasUserNamespace: boolean): void {
  for (const [index, mount] of mounts.entries()) {
    const path = `mounts[${index}]`;
    const plan = planMount(mount, path);
    if (plan.kind === "bind") {
      if (!mount.source?.startsWith("/")) throw invalid(`${path}.source`, "a bind mount needs an absolute path");
    } else if (!mount.type) {
      throw invalid(`${path}.type`, "is required unless the options say bind or rbind");
    } else if (!filesystems.has(mount.type)) {
      throw invalid(`${path}.type`, `${mount.type} is not supported`, `possible: bind, ${[...filesystems].join(", ")}`);
    }
    if (plan.copyUp && mount.type !== "tmpfs") throw invalid(`${path}.options`, "tmpcopyup is an option of tmpfs");
    if (plan.idmap) checkIdmap(mount, plan, path, hasUserNamespace);
    if (mount.destination.split("/").includes(".."))
      throw invalid(`${path}.destination`, `${mount.destination} contains ..`);
    if (mount.destination.replaceAll("/", "") === "")
      throw invalid(`${path}.destination`, "is the root itself", "use root");
  }
}

/** Options of file systems on bind mounts, in words: the kernel has no use for them there, and mount(8) drops them too. */
export function ignoredOptions(mounts: readonly MountConfig[]): string[] {
  return mounts.flatMap((mount, index) => {
    const { kind, data } = planMount(mount, `mounts[${index}]`);
    if (kind !== "bind" || data.length === 0) return [];
    return `mounts[${index}].options: ${data.map(({ key }) => key).join(", ")}: a bind mount has no such option`;
  });
}

function checkIdmap(mount: MountConfig, plan: MountPlan, path: string, hasUserNamespace: boolean): void {
  const [uids, gids] = [mount.uidMappings?.length ?? 0, mount.gidMappings?.length ?? 0];
  if (plan.kind !== "bind") {
    throw invalid(
      path,
      `a ${mount.type} cannot be id-mapped here`,
      "only bind mounts: its files are made by the container",
    );
  }
  if ((uids === 0) !== (gids === 0)) {
    throw invalid(
      `${path}.${uids === 0 ? "uidMappings" : "gidMappings"}`,
      "is missing: both kinds of ids are mapped, or none",
    );
  }
  if (uids === 0 && !hasUserNamespace) {
    throw invalid(
      `${path}.options`,
      `${plan.idmap} without uidMappings takes them from the container's user namespace, and it has none of its own`,
      `give ${path}.uidMappings and gidMappings`,
    );
  }
}
