import { readFileSync } from "node:fs";

/** One hierarchy that a process is in: a line of /proc/PID/cgroup (cgroups(7)). */
export interface CgroupMembership {
  /** 0 for cgroup v2. */
  hierarchy: number;
  /** Controllers of a v1 hierarchy, `name=systemd` for one without; empty for v2. */
  controllers: string[];
  /** Seen from the reader's cgroup namespace; `/..` at its head: outside of it. */
  path: string;
  /** The cgroup was removed while the process was a zombie in it. */
  deleted: boolean;
}

const deletedMark = " (deleted)";

/** All of /proc/PID/cgroup. A path may hold colons; neither of the fields before it can. */
export function parseCgroups(text: string): CgroupMembership[] {
  return text
    .split("\n")
    .filter(Boolean)
    .flatMap((line) => {
      const found = /^(\d+):([^:]*):(.*)$/s.exec(line);
      if (!found) return [];
      const [, hierarchy = "", controllers = "", path = ""] = found;
      const deleted = path.endsWith(deletedMark);
      return [
        {
          hierarchy: Number(hierarchy),
          controllers: controllers.split(",").filter(Boolean),
          path: deleted ? path.slice(0, -deletedMark.length) : path,
          deleted,
        },
      ];
    });
}

export function readCgroups(pid: number | "self"): CgroupMembership[] {
  return parseCgroups(readFileSync(`/proc/${pid}/cgroup`, "utf8"));
}

/** The cgroup v2 line of /proc/PID/cgroup, `0::/path` (cgroups(7)); undefined where there is only v1. */
export function parseUnifiedCgroup(text: string): string | undefined {
  return text
    .split("\n")
    .find((line) => line.startsWith("0::"))
    ?.slice(3);
}

/** Path of a process's cgroup below the root that the reader sees (its cgroup namespace). */
export function readUnifiedCgroup(pid: number | "self"): string | undefined {
  return parseUnifiedCgroup(readFileSync(`/proc/${pid}/cgroup`, "utf8"));
}
