import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, readTextIfExists } from "@drydock/kit";
import { MOST_TASKS } from "./sandbox-script.ts";

const PREFIX = "drydock-lab-";

export interface TaskLimit {
  /** File that a process writes itself to. */
  procs: string;
  remove(): Promise<void>;
}

/**
 * A cgroup in which a fork bomb soon finds no more room, by the pids controller of cgroup v2 or, where that is there, of v1. Undefined where we
 * may use neither. Those that killed checks have left behind are removed on the way.
 */
export async function makeTaskLimit(): Promise<TaskLimit | undefined> {
  const root = await pidsRoot();
  if (root === undefined) return undefined;
  const path = join(root, `${PREFIX}${process.pid}-${Date.now()}`);
  try {
    sweep(root);
    mkdirSync(path);
    writeFileSync(join(path, "pids.max"), String(MOST_TASKS));
  } catch (error) {
    // Not ours to use (no root, or a container's read-only cgroup): then there is no limit.
    if (["EACCES", "EROFS", "EPERM"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
  return { procs: join(path, "cgroup.procs"), remove: () => removeWhenEmpty(path) };
}

async function pidsRoot(): Promise<string | undefined> {
  const handedOn = await readTextIfExists("/sys/fs/cgroup/cgroup.subtree_control");
  if (handedOn?.split(/\s+/).includes("pids")) return "/sys/fs/cgroup";
  return (await readTextIfExists("/sys/fs/cgroup/pids/cgroup.procs")) === undefined ? undefined : "/sys/fs/cgroup/pids";
}

function sweep(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split("-")[0]) : undefined;
    if (pid === undefined || isAlive(pid)) continue;
    try {
      rmdirSync(join(root, name));
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
