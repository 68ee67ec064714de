import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { failure } from "../errors.ts";
import { hostSyscallNumber, rawSyscall } from "../ffi/syscall.ts";
import { parseStat } from "../procfs/stat.ts";

const MADV_DOFORK = 11;
/** All addresses that a process of user space can have on x86-64 and arm64, in whole pages. */
const addressSpace = (1n << 48n) - 0x10000n;
const calmAttempts = 2000;

/**
 * Makes this Node process fit for a raw fork, in which only the calling thread goes on in the child. Two things stand in
 * the way: memory that V8 keeps out of forks, and locks that other threads hold.
 */
export function allowFork(): void {
  waitForCalm();
  // Last: a page that V8 maps after this, also while we wait, is not there in the child.
  inheritMemory();
}

/**
 * V8 asks the kernel to leave its heap out of forks (MADV_DONTFORK, v8/src/base/platform/platform-linux.cc), so a forked
 * Node finds no heap and dies. This takes the request back, for all memory of the process, in one call: reading the list
 * of mappings would take memory, and V8 may map a page for it that is not on the list. Holes on the way are no matter
 * (ENOMEM, after the rest was done), and at the kernel's own pages above the stack, which are in every process, it may
 * end (EINVAL).
 */
function inheritMemory(): void {
  rawSyscall(hostSyscallNumber("madvise"), [0n, addressSpace, MADV_DOFORK]);
}

/**
 * A lock that another thread holds at the moment of the fork, say malloc's, stays locked in the child for ever. Node's
 * helpers have nothing to do here once they have started, so we wait until they all sleep: who sleeps in the kernel is
 * not in the middle of malloc.
 */
function waitForCalm(): void {
  const nanosleep = hostSyscallNumber("nanosleep");
  const millisecond = Buffer.alloc(16);
  millisecond.writeBigInt64LE(1_000_000n, 8);
  for (let attempt = 0; attempt < calmAttempts; attempt++) {
    if (othersSleep()) return;
    rawSyscall(nanosleep, [millisecond, 0]);
  }
  throw failure("LINUX_LAUNCH_FAILED", "threads of this process stay busy, so it cannot fork", {
    hint: "use the native executor where there is one",
  });
}

function othersSleep(): boolean {
  // Not process.pid: Node keeps the parent's in a forked child.
  const own = basename(readlinkSync("/proc/thread-self"));
  return readdirSync("/proc/self/task").every(
    (id) => id === own || parseStat(readFileSync(`/proc/self/task/${id}/stat`, "latin1")).state === "S",
  );
}
