import { readFileSync } from "node:fs";

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
