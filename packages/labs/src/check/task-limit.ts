import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, readTextIfExists } from "@drydock/kit";
import { MOST_TASKS } from "./sandbox-script.ts";

const CGROUPS = "/sys/fs/cgroup";
const PREFIX = "drydock-lab-";

export interface TaskLimit {
  /** File that a process writes itself to. */
  procs: string;
  remove(): Promise<void>;
}

/**
 * A cgroup in which a fork bomb soon finds no more room, by the pids controller of cgroup v2 or, where that is there, of v1. Undefined where we
 * may use neither. A check that starts containers puts their cgroups below it, or beside it with a name that begins like its name, in any hierarchy of v1:
 * they are removed with it, and those that killed checks have left behind on the way.
 */
export async function makeTaskLimit(): Promise<TaskLimit | undefined> {
  const root = await pidsRoot();
  if (root === undefined) return undefined;
  const name = `${PREFIX}${process.pid}-${Date.now()}`;
  const path = join(root, name);
  const hierarchies = root === CGROUPS ? [root] : readdirSync(CGROUPS).map((hierarchy) => join(CGROUPS, hierarchy));
  try {
    sweep(hierarchies);
    mkdirSync(path);
    writeFileSync(join(path, "pids.max"), String(MOST_TASKS));
  } catch (error) {
    // Not ours to use (no root, or a container's read-only cgroup): then there is no limit.
    if (["EACCES", "EROFS", "EPERM"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
  return {
    procs: join(path, "cgroup.procs"),
    remove: async () => {
      for (const cgroup of cgroupsNamed(hierarchies, (one) => one.startsWith(name))) await removeWhenEmpty(cgroup);
    },
  };
}

async function pidsRoot(): Promise<string | undefined> {
  const handedOn = await readTextIfExists(`${CGROUPS}/cgroup.subtree_control`);
  if (handedOn?.split(/\s+/).includes("pids")) return CGROUPS;
  return (await readTextIfExists(`${CGROUPS}/pids/cgroup.procs`)) === undefined ? undefined : `${CGROUPS}/pids`;
}

/** In these hierarchies, the children before their parents. */
function cgroupsNamed(hierarchies: readonly string[], matches: (name: string) => boolean): string[] {
  return hierarchies.flatMap((hierarchy) =>
    directories(hierarchy)
      .filter(matches)
      .flatMap((name) => tree(join(hierarchy, name))),
  );
}

function tree(path: string): string[] {
  return [...directories(path).flatMap((name) => tree(join(path, name))), path];
}

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    // Somebody else has removed it, or it is one of the names of a hierarchy that are links.
    if (["ENOENT", "ENODEV", "ENOTDIR"].includes(errnoOf(error) ?? "")) return [];
    throw error;
  }
}

function sweep(hierarchies: readonly string[]): void {
  const isLeft = (name: string): boolean =>
    name.startsWith(PREFIX) && !isAlive(Number(name.slice(PREFIX.length).split("-")[0]));
  for (const cgroup of cgroupsNamed(hierarchies, isLeft)) {
    try {
      rmdirSync(cgroup);
    } catch {
      // Processes are dying in it, or somebody else has removed it: the next check will see.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

/** The last processes may still be on their way out when the first has been waited for. */
async function removeWhenEmpty(path: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      return rmdirSync(path);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      if (errnoOf(error) !== "EBUSY") throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
