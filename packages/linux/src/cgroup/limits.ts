import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { ContainerCgroup } from "./container-cgroup.ts";
import { cpuSettings } from "./cpu.ts";
import { cpusetSettings } from "./cpuset.ts";
import { deviceSettings } from "./devices.ts";
import { type CgroupHierarchies, controllersOf } from "./hierarchy.ts";
import { hugetlbSettings } from "./hugetlb.ts";
import { ioSettings } from "./io.ts";
import { makeLegacyCgroup } from "./legacy.ts";
import { memorySettings } from "./memory.ts";
import { networkSettings } from "./network.ts";
import { pidsSettings } from "./pids.ts";
import { rdmaSettings } from "./rdma.ts";
import type { CgroupLimits, CgroupSetting, Expression, FileWrite } from "./setting.ts";
import { unifiedSettings } from "./unified.ts";

/** Limits as settings, in the order in which they are written. */
export function limitSettings(limits: CgroupLimits): CgroupSetting[] {
  return [
    ...(limits.memory ? memorySettings(limits.memory) : []),
    ...(limits.cpu ? [...cpuSettings(limits.cpu), ...cpusetSettings(limits.cpu)] : []),
    ...(limits.pids ? pidsSettings(limits.pids) : []),
    ...(limits.blockIO ? ioSettings(limits.blockIO) : []),
    ...hugetlbSettings(limits.hugepageLimits ?? []),
    ...rdmaSettings(limits.rdma ?? {}),
    ...(limits.network ? networkSettings(limits.network) : []),
    ...deviceSettings(limits.legacyDevices ?? []),
    ...unifiedSettings(limits.unified ?? {}),
  ];
}

/** v2's controllers that are needed for these limits; cgroups above have to pass them on. */
export function neededControllers(limits: CgroupLimits): string[] {
  return [...new Set(limitSettings(limits).map(({ controller }) => controller))];
}

/** Where a container has its cgroup. */
export interface CgroupPlace {
  hierarchies: CgroupHierarchies;
  /** Relative path below the root of every hierarchy in which it gets a directory. */
  path: string;
  /** What it has so far: its directory of cgroup v2 exists. */
  cgroup: ContainerCgroup;
}

export interface EnforcedLimits {
  /** With the directories in cgroup v1 hierarchies that were needed. */
  cgroup: ContainerCgroup;
  /** A sentence for each limit that this host cannot put into force. */
  notEnforced: string[];
}

/**
 * Puts limits into force where this host has their controllers: in cgroup v2, or in the cgroup v1 hierarchy that holds
 * one. Throws LINUX_LIMIT_REFUSED for a limit that the version of its controller does not have, before anything is done,
 * and LINUX_CGROUP_FAILED when the kernel refuses a value.
 */
export function enforceLimits(place: CgroupPlace, limits: CgroupLimits): EnforcedLimits {
  const settings = limitSettings(limits);
  const [refused] = refusedSettings(settings, place.hierarchies);
  if (refused) throw refused;
  const legacy: Record<string, string> = { ...place.cgroup.legacy };
  const notEnforced: string[] = [];
  const available = new Set(
    place.cgroup.unified === undefined ? [] : [...controllersOf(place.cgroup.unified), "cgroup"],
  );
  const later: (() => void)[] = [];
  for (const setting of settings) {
    const lost = (reason: string): void => {
      notEnforced.push(`${setting.what} is not in force: ${reason}`);
    };
    const home = homeOf(setting, place.hierarchies);
    if (home.mount === undefined) {
      if (place.cgroup.unified === undefined) lost("no cgroup v2 hierarchy is mounted");
      else if (!available.has(setting.controller)) lost(missingController(setting, dirname(place.cgroup.unified)));
      else writeAll(place.cgroup.unified, setting, setting.unified, { lost, later });
      continue;
    }
    try {
      legacy[home.controller] ??= makeLegacyCgroup(home.mount, place.path, home.controller);
    } catch (error) {
      lost(`no cgroup can be made in the cgroup v1 hierarchy at ${home.mount}: ${messageOf(error)}`);
      continue;
    }
    writeAll(legacy[home.controller] ?? "", setting, setting.legacy, { lost, later });
  }
  // Values that depend on each other: one may have to wait for the other, and which one is known only to the kernel.
  for (const write of later) write();
  return { cgroup: { ...place.cgroup, ...(Object.keys(legacy).length > 0 ? { legacy } : {}) }, notEnforced };
}

/** The directories that enforceLimits would make in cgroup v1 hierarchies, by controller; nothing is made. */
export function legacyDirectories(
  limits: CgroupLimits,
  hierarchies: CgroupHierarchies,
  path: string,
): Record<string, string> {
  const directories: Record<string, string> = {};
  for (const setting of limitSettings(limits)) {
    const { controller, mount } = homeOf(setting, hierarchies);
    if (mount !== undefined) directories[controller] = join(mount, path);
  }
  return directories;
}

/** Limits that this host's version of their controller does not have: LINUX_LIMIT_REFUSED, with the field in details. */
export function refusedLimits(limits: CgroupLimits, hierarchies: CgroupHierarchies) {
  return refusedSettings(limitSettings(limits), hierarchies);
}

function refusedSettings(settings: readonly CgroupSetting[], hierarchies: CgroupHierarchies) {
  return settings.flatMap((setting) => {
    const { mount } = homeOf(setting, hierarchies);
    const expression = mount === undefined ? setting.unified : setting.legacy;
    if (!("refused" in expression)) return [];
    const { refused, hint } = expression;
    return failure("LINUX_LIMIT_REFUSED", `${setting.field}: ${refused}`, {
      details: { field: setting.field, reason: refused },
      ...(hint === undefined ? {} : { hint }),
    });
  });
}

/** The cgroup v1 hierarchy that holds a setting's controller, if any. A file of cgroup v2 has no place in it. */
function homeOf(setting: CgroupSetting, { legacy }: CgroupHierarchies): { controller: string; mount?: string } {
  const controller = setting.legacyController ?? setting.controller;
  const mount = legacy[controller];
  if (mount === undefined || setting.field.startsWith("unified[")) return { controller };
  return { controller, mount };
}

function missingController({ controller }: CgroupSetting, parent: string): string {
  return offered(parent).includes(controller)
    ? `${parent} has processes of its own, so cgroup v2 does not let it pass the ${controller} controller on`
    : `cgroup v2 at ${parent} has no ${controller} controller (a cgroup v1 hierarchy holds it, or the kernel lacks it)`;
}

function offered(cgroup: string): string[] {
  try {
    return controllersOf(cgroup);
  } catch {
    // The parent is outside of our cgroup namespace: then it offers nothing that we could ask for.
    return [];
  }
}

interface Outcome {
  lost(reason: string): void;
  later: (() => void)[];
}

function writeAll(directory: string, setting: CgroupSetting, files: Expression, { lost, later }: Outcome): void {
  if (!Array.isArray(files)) return;
  for (const file of files) {
    const missing = (): void => {
      // A file that the user has named is not a matter of the kernel's abilities, it is a mistake.
      if (setting.field.startsWith("unified[")) throw writeFailed(directory, setting, file, "there is no such file");
      lost(`this kernel has no ${file.file}`);
    };
    try {
      if (!tryWrite(directory, file)) missing();
    } catch (error) {
      if (!["EINVAL", "EBUSY"].includes(errnoOf(error) ?? "")) throw writeFailed(directory, setting, file, error);
      later.push(() => {
        try {
          tryWrite(directory, file);
        } catch (again) {
          throw writeFailed(directory, setting, file, again);
        }
      });
    }
  }
}

/** False when the kernel does not have the file, nor what takes its place. */
function tryWrite(directory: string, { file, value, otherwise }: FileWrite): boolean {
  try {
    // Not created: in cgroupfs that would be EACCES, which says nothing.
    writeFileSync(join(directory, file), value, { flag: "r+" });
    return true;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    if (otherwise === undefined) return false;
    return otherwise === "nothing" || tryWrite(directory, otherwise);
  }
}

function writeFailed(directory: string, setting: CgroupSetting, { file, value }: FileWrite, cause: unknown) {
  const reason = typeof cause === "string" ? cause : messageOf(cause);
  return failure(
    "LINUX_CGROUP_FAILED",
    `${setting.what}: cannot write ${value} to ${file} of ${basename(directory)}: ${reason}`,
    {
      details: { path: join(directory, file), value, field: setting.field },
      ...(typeof cause === "string" ? {} : { cause }),
    },
  );
}
