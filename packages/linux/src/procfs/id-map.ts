import { readFileSync } from "node:fs";

/** One range of /proc/PID/uid_map or gid_map (user_namespaces(7)). */
export interface IdRange {
  /** First id inside the user namespace. */
  inside: number;
  /** What it is outside, in the user namespace of the reader. */
  outside: number;
  count: number;
}

/** Empty: nobody has written the map yet, and every id in the namespace is that of nobody. */
export function parseIdMap(text: string): IdRange[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
      return { inside: inside ?? 0, outside: outside ?? 0, count: count ?? 0 };
    });
}

export function readIdMap(pid: number | "self", kind: "uid" | "gid"): IdRange[] {
  return parseIdMap(readFileSync(`/proc/${pid}/${kind}_map`, "utf8"));
}

/** All ids, each itself: the map of the machine's first user namespace. */
export function isIdentityMap([range, ...more]: readonly IdRange[]): boolean {
  return (
    range !== undefined && more.length === 0 && range.inside === 0 && range.outside === 0 && range.count >= 4294967295
  );
}
