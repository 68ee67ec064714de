import { readFile } from "node:fs/promises";
import { errnoOf, systemClock } from "@drydock/kit";

/**
 * A process beyond its number: numbers are reused, a number together with the start time and the boot is not.
 * Plain data, to be written to a file by one command and read by a later one.
 */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to the process's start (proc(5), /proc/PID/stat, field 22). */
  startTime: string;
  bootId: string;
}

/** The identity of a running process; undefined when there is none of this number (a zombie counts as none). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return undefined;
    throw error;
  }
  // The second field is the name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  if (state === "Z" || state === "X" || startTime === undefined) return undefined;
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  return { pid, startTime, bootId };
}

export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const found = await identifyProcess(identity.pid);
  return found?.startTime === identity.startTime && found.bootId === identity.bootId;
}

/**
 * Ends a process that need not be our child: SIGTERM, and SIGKILL after `graceMs`. Resolves when it is gone; true when
 * it was there.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  const killAt = Date.now() + graceMs;
  let killed = false;
  signalProcess(identity.pid, "SIGTERM");
  while (await isRunning(identity)) {
    if (!killed && Date.now() >= killAt) {
      signalProcess(identity.pid, "SIGKILL");
      killed = true;
    }
    await systemClock.sleep(5);
  }
  return true;
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself.
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}
