import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";
import { isProcessAlive, type ProcessIdentity, readStat } from "@drydock/linux";

export interface FoundProcess extends ProcessIdentity {
  /** The command line, for people. */
  command: string;
}

/** Processes that carry `marker` (NAME=value) in their environment, whoever their parent is now. Never this one. */
export async function processesMarked(marker: string): Promise<FoundProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => pid !== process.pid && hasInEnvironment(pid, marker)).flatMap(describeProcess);
}

/** Empty when it has ended, also when nobody has waited for it yet. */
export function describeProcess(pid: number): FoundProcess[] {
  const stat = readStat(pid);
  if (!stat || stat.state === "Z") return [];
  const command = readProc(pid, "cmdline").replaceAll("\0", " ").trim() || stat.command;
  return [{ pid, startTime: stat.startTime, command }];
}

function hasInEnvironment(pid: number, marker: string): boolean {
  return readProc(pid, "environ").split("\0").includes(marker);
}

/** Empty for a process that has ended, and for one that is not ours to look at. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errnoOf(error) ?? "")) return "";
    throw error;
  }
}

/** True when all have ended within `timeoutMs`. Processes that are not our children cannot be waited for: we look. */
export async function untilEnded(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (processes.some(isProcessAlive)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}
