import { readdirSync } from "node:fs";

/** Every pid that the reader's /proc shows, in order. Any of them may be gone by the time it is looked at. */
export function listProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
