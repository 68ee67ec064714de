import { syscall, syscallUnless } from "../ffi/syscall.ts";
import { readStat } from "../procfs/stat.ts";

/** A process that was seen once: its pid and start time (field 22 of /proc/PID/stat, clock ticks) never name another one. */
export interface ProcessIdentity {
  pid: number;
  startTime: number;
}

/**
 * A descriptor of this very process (pidfd_open(2), close-on-exec); undefined when it is gone or its pid was given to
 * another one. The caller closes it.
 */
export function openProcess(process: ProcessIdentity): number | undefined {
  return openPidfdIf(process.pid, () => readStat(process.pid)?.startTime === process.startTime);
}

function openPidfdIf(pid: number, isTheOne: () => boolean): number | undefined {
  const fd = syscallUnless(["ESRCH", "EINVAL"], "pidfd_open", pid, 0);
  if (fd === undefined) return undefined;
  // Checked after the descriptor exists: it cannot change its process any more.
  if (isTheOne()) return fd;
  syscall("close", fd);
  return undefined;
}

/**
 * Duplicates of another process's descriptors (pidfd_getfd(2), close-on-exec), with its position in a file and all. The
 * caller closes them. Throws LINUX_CALL_FAILED when it is gone, has no such descriptor, or may not be looked into.
 */
export function duplicateDescriptors(pid: number, descriptors: readonly number[]): number[] {
  const process = syscall("pidfd_open", pid, 0);
  const copies: number[] = [];
  try {
    for (const fd of descriptors) copies.push(syscall("pidfd_getfd", process, fd, 0));
    return copies;
  } catch (error) {
    for (const copy of copies) syscall("close", copy);
    throw error;
  } finally {
    syscall("close", process);
  }
}

/** Sends a signal to the process and no other. False when it is gone. */
export function signalProcess(process: ProcessIdentity, signal: number): boolean {
  const fd = openProcess(process);
  if (fd === undefined) return false;
  try {
    return syscallUnless(["ESRCH"], "pidfd_send_signal", fd, signal, 0, 0) !== undefined;
  } finally {
    syscall("close", fd);
  }
}

/** True while the process runs; a zombie has ended. */
export function isProcessAlive(process: ProcessIdentity): boolean {
  const stat = readStat(process.pid);
  return stat !== undefined && stat.startTime === process.startTime && stat.state !== "Z" && stat.state !== "X";
}
