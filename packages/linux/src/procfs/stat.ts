import { readFileSync } from "node:fs";
import { errnoOf } from "@drydock/kit";

export interface ProcessStat {
  pid: number;
  command: string;
  /** One letter, see proc_pid_stat(5): R, S, D, Z (zombie), T … */
  state: string;
  parent: number;
  processGroup: number;
  session: number;
  /** A thread of the kernel: no memory, no program and no namespaces of its own (PF_KTHREAD in the flags). */
  isKernelThread: boolean;
  /** Time on a processor in user and in kernel mode, clock ticks (a hundredth of a second on every architecture that we know). */
  userTicks: number;
  systemTicks: number;
  threads: number;
  /** Clock ticks since boot: with the pid it names a process for good. */
  startTime: number;
}

/** Clock ticks in a second: USER_HZ, the same 100 on x86-64 and arm64 whatever the kernel's own HZ is. */
export const ticksPerSecond = 100;

/** Flag of kernel threads (include/linux/sched.h). */
const PF_KTHREAD = 0x0020_0000;

/** One line of /proc/PID/stat. The command may hold spaces and parentheses, so it ends at the last one. */
export function parseStat(line: string): ProcessStat {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  const fields = line
    .slice(close + 2)
    .trim()
    .split(" ");
  return {
    pid: Number(line.slice(0, open)),
    command: line.slice(open + 1, close),
    state: fields[0] ?? "",
    parent: Number(fields[1]),
    processGroup: Number(fields[2]),
    session: Number(fields[3]),
    isKernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
    userTicks: Number(fields[11]),
    systemTicks: Number(fields[12]),
    threads: Number(fields[17]),
    startTime: Number(fields[19]),
  };
}

/** Undefined when there is no such process. Synchronous: it reads memory, not a disk. */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return undefined;
    throw error;
  }
}
