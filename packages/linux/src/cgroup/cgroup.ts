import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { keyValues, readFile } from "./files.ts";
import { controllersOf } from "./hierarchy.ts";

/** Controllers that most containers are limited with: passed on to every cgroup that we make, where the host has them. */
const usual = ["memory", "cpu", "pids", "cpuset"];

/** Another process may remove an empty parent between our two mkdir: then once more from the top. */
const createAttempts = 5;

/**
 * Makes a cgroup below `root` and hands the usual controllers down to it, and those in `more`. Synchronous: cgroupfs is
 * memory. Throws LINUX_CGROUP_FAILED.
 */
export function createCgroup(root: string, path: string, more: readonly string[] = []): void {
  const wanted = new Set([...usual, ...more]);
  for (let attempt = 1; ; attempt++) {
    try {
      createBelow(root, path, wanted);
      return;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || attempt === createAttempts) throw cgroupFailed("make", path, error);
    }
  }
}

function createBelow(root: string, path: string, wanted: ReadonlySet<string>): void {
  let parent = root;
  for (const name of relative(root, path).split("/")) {
    passControllersOn(parent, wanted);
    parent = join(parent, name);
    try {
      mkdirSync(parent);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }
}

/** Best effort: a cgroup with processes of its own cannot pass controllers on; enforceLimits says so where it matters. */
function passControllersOn(parent: string, wanted: ReadonlySet<string>): void {
  const enabled = new Set(readFile(join(parent, "cgroup.subtree_control"))?.split(/\s+/));
  for (const controller of controllersOf(parent)) {
    if (!wanted.has(controller) || enabled.has(controller)) continue;
    try {
      writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
    } catch (error) {
      if (!["EBUSY", "ENOENT", "EINVAL", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) {
        throw cgroupFailed(`enable ${controller} in`, parent, error);
      }
    }
  }
}

/** Pids in a cgroup and, if asked, in all below it, as this pid namespace sees them. Empty when the cgroup is gone. */
export function cgroupProcesses(path: string, options: { recursive?: boolean } = {}): number[] {
  const own = (readFile(join(path, "cgroup.procs")) ?? "").split("\n").filter(Boolean).map(Number);
  if (!options.recursive) return own;
  return [...own, ...childCgroups(path).flatMap((child) => cgroupProcesses(child, options))];
}

/** SIGKILL to every process in the cgroup and below, at once (kernel 5.14 and newer). False when the kernel cannot. */
export function killCgroup(path: string): boolean {
  try {
    writeFileSync(join(path, "cgroup.kill"), "1");
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EOPNOTSUPP") return false;
    throw cgroupFailed("kill", path, error);
  }
}

export function freezeCgroup(path: string, frozen: boolean): void {
  try {
    writeFileSync(join(path, "cgroup.freeze"), frozen ? "1" : "0");
  } catch (error) {
    throw cgroupFailed(frozen ? "freeze" : "thaw", path, error);
  }
}

export interface CgroupEvents {
  /** A process is in the cgroup or below it. */
  populated: boolean;
  frozen: boolean;
}

/** cgroup.events; undefined when the cgroup is gone. */
export function cgroupEvents(path: string): CgroupEvents | undefined {
  const text = readFile(join(path, "cgroup.events"));
  if (text === undefined) return undefined;
  const fields = keyValues(text);
  return { populated: fields.get("populated") === 1, frozen: fields.get("frozen") === 1 };
}

/** How many processes the kernel killed for want of memory in a cgroup of either version; 0 without the memory controller. */
export function oomKills(path: string): number {
  const text = readFile(join(path, "memory.events")) ?? readFile(join(path, "memory.oom_control")) ?? "";
  return keyValues(text).get("oom_kill") ?? 0;
}

/** Removes a cgroup and those below it. Nothing happens when it is gone; throws LINUX_CGROUP_FAILED when a process is left in it. */
export function removeCgroup(path: string): void {
  for (const child of childCgroups(path)) removeCgroup(child);
  try {
    rmdirSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw cgroupFailed("remove", path, error);
  }
}

/** Removes the cgroups between `path` and `root` that have become empty; stops at the first that is in use. */
export function removeEmptyParents(root: string, path: string): void {
  for (let one = dirname(path); one !== root && !relative(root, one).startsWith(".."); one = dirname(one)) {
    try {
      rmdirSync(one);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") return;
    }
  }
}

function childCgroups(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map((one) => join(path, one.name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw cgroupFailed("read", path, error);
  }
}

function cgroupFailed(verb: string, path: string, cause: unknown) {
  return failure("LINUX_CGROUP_FAILED", `cannot ${verb} the cgroup ${path}: ${messageOf(cause)}`, {
    details: { path },
    cause,
  });
}
