import { readFileSync } from "node:fs";

export interface ProcessLimit {
  /** As the kernel calls it: "Max open files". */
  name: string;
  /** A number or "unlimited". */
  soft: string;
  hard: string;
  /** "files", "bytes" …; empty where the kernel says none. */
  unit: string;
}

/** /proc/PID/limits: a table of fixed columns (fs/proc/base.c: 25, 20, 20 and 10 characters, a space after each). */
export function parseLimits(text: string): ProcessLimit[] {
  return text
    .split("\n")
    .slice(1)
    .filter(Boolean)
    .map((line) => ({
      name: line.slice(0, 25).trim(),
      soft: line.slice(26, 46).trim(),
      hard: line.slice(47, 67).trim(),
      unit: line.slice(68).trim(),
    }));
}

export function readLimits(pid: number): ProcessLimit[] {
  return parseLimits(readFileSync(`/proc/${pid}/limits`, "utf8"));
}
