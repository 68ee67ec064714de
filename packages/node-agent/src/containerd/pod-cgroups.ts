import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { oomKills, readMountinfo, removeCgroup, removeEmptyParents } from "@drydock/linux";

/** Where cgroup hierarchies are mounted: one with v2, one for each controller with v1, both kinds in a hybrid. */
function hierarchies(): string[] {
  return readMountinfo()
    .filter(({ type }) => type === "cgroup" || type === "cgroup2")
    .map(({ mountPoint }) => mountPoint);
}

/**
 * Makes a pod's cgroup in every hierarchy before any container does. While it exists no removal of another pod takes away the parents that
 * both share, which runc could otherwise meet in the middle of making them.
 */
export function makePodCgroup(cgroupParent: string): void {
  for (const root of hierarchies()) {
    const path = join(root, cgroupParent);
    for (let tries = 0; ; tries++) {
      try {
        mkdirSync(path, { recursive: true });
        break;
      } catch (error) {
        // A parent went while we were making what is below it.
        if (errnoOf(error) !== "ENOENT" || tries === 10) throw error;
      }
    }
  }
}

/** Removes it, and parents that have become empty. Idempotent. */
export function removePodCgroup(cgroupParent: string): void {
  for (const root of hierarchies()) {
    const path = join(root, cgroupParent);
    removeCgroup(path);
    removeEmptyParents(root, path);
  }
}

/** Whether the kernel killed a process of this cgroup for lack of memory; false when the cgroup is gone. */
export function wasOomKilled(cgroup: string): boolean {
  return hierarchies().some((root) => oomKills(join(root, cgroup)) > 0 || oomKillsV1(join(root, cgroup)) > 0);
}

function oomKillsV1(path: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(path, "memory.oom_control"), "utf8"))?.[1] ?? 0);
  } catch (error) {
    // Another controller, another version, or gone.
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return 0;
    throw error;
  }
}
