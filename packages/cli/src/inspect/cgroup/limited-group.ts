import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../../errors.ts";
import { shellWords } from "../../output/shell-words.ts";
import { readCgroupFile } from "./cgroup-file.ts";
import type { LimitGroup, LimitPlan } from "./plan.ts";

/** The directories of one limited run, made by makeGroups. */
export interface LimitedGroups {
  /** In which a controller's files are. */
  directoryOf: (controller: string) => string | undefined;
  directories: readonly string[];
}

/** Makes the cgroups of a plan and writes the limits. What was made is removed again when a step fails. */
export function makeGroups(plan: LimitPlan, name: string): LimitedGroups {
  const made: string[] = [];
  const byController = new Map<string, string>();
  try {
    for (const group of plan.groups) {
      const directory = join(parentFor(group), name);
      step(directory, "make", () => mkdirSync(directory));
      made.push(directory);
      for (const controller of group.controllers) byController.set(controller, directory);
      for (const { file, value, optional } of group.files) {
        if (optional && readCgroupFile(directory, file) === undefined) continue;
        step(join(directory, file), `write ${value} to`, () => writeFileSync(join(directory, file), value));
      }
    }
  } catch (error) {
    for (const directory of made) rmdirSync(directory);
    throw error;
  }
  return { directories: made, directoryOf: (controller) => byController.get(controller) };
}

/**
 * Where a cgroup with these controllers can be made. v1: below our own, whose limits go on to hold. v2: below the nearest one above us that passes
 * them on, since a cgroup with processes of its own may not (the root may).
 */
function parentFor({ hierarchy, controllers }: LimitGroup): string {
  const { version, own, mountPoint } = hierarchy;
  if (version === 1) return own;
  for (let candidate = own; ; candidate = dirname(candidate)) {
    if (passesOn(candidate, controllers)) return candidate;
    if (candidate === mountPoint || candidate === "/") break;
  }
  throw failure(
    "INSPECT_NO_CONTROLLER",
    `no cgroup from ${own} up to ${mountPoint} can pass ${controllers.join(", ")} on to one below`,
    {
      hint: `a cgroup with processes of its own may not (cgroups(7), no internal processes). In a machine of its own it can be done: ${inVm()}`,
    },
  );
}

function passesOn(cgroup: string, controllers: readonly string[]): boolean {
  const words = (file: string): string[] => (readCgroupFile(cgroup, file) ?? "").split(/\s+/);
  if (!controllers.every((name) => words("cgroup.controllers").includes(name))) return false;
  try {
    for (const name of controllers) {
      if (!words("cgroup.subtree_control").includes(name))
        writeFileSync(join(cgroup, "cgroup.subtree_control"), `+${name}`);
    }
    return true;
  } catch (error) {
    if (["EBUSY", "EINVAL", "EOPNOTSUPP", "ENOENT", "EACCES", "EPERM", "EROFS"].includes(errnoOf(error) ?? ""))
      return false;
    throw error;
  }
}

/** How to do the same in the lab VM: the words of this very command line. */
export function inVm(): string {
  return `drydock vm run -- drydock ${shellWords(process.argv.slice(2))}`;
}

function step(path: string, verb: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === "EACCES" || errno === "EPERM" || errno === "EROFS") {
      throw failure("INSPECT_NOT_PERMITTED", `cannot ${verb} ${path}: ${errno}`, {
        hint: `cgroups belong to root, unless systemd has given one to you: try it with sudo, or ${inVm()}`,
        details: { path },
        cause,
      });
    }
    throw failure("INSPECT_LIMIT_FAILED", `cannot ${verb} ${path}: ${messageOf(cause)}`, { details: { path }, cause });
  }
}

/** Ends what is still in the cgroups and removes them. Gives the number of processes that it had to end. */
export async function removeGroups({ directories }: LimitedGroups): Promise<number> {
  const ended = new Set<number>();
  for (const directory of directories) {
    for (;;) {
      for (const pid of processesIn(directory)) {
        ended.add(pid);
        killIfThere(pid);
      }
      if (tryRemove(directory)) break;
      // A process leaves its cgroup a moment after it has been killed; there is no event for that in v1.
      await sleep(10);
    }
  }
  return ended.size;
}

function processesIn(directory: string): number[] {
  return (readCgroupFile(directory, "cgroup.procs") ?? "").split("\n").filter(Boolean).map(Number);
}

function killIfThere(pid: number): void {
  // 0 is a process that this pid namespace cannot see: it cannot be told to end from here either.
  if (pid === 0) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

function tryRemove(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return true;
    if (errnoOf(error) === "EBUSY") return false;
    throw failure("INSPECT_LIMIT_FAILED", `cannot remove ${directory}: ${messageOf(error)}`, {
      hint: `remove it by hand when its processes have ended: rmdir ${directory}`,
      details: { path: directory },
      cause: error,
    });
  }
}
