import { readFileSync } from "node:fs";
import { hostSyscallNumber, rawSyscall } from "../ffi/syscall.ts";

const MADV_DOFORK = 11;

/**
 * V8 asks the kernel to leave its heap out of forks (MADV_DONTFORK, v8/src/base/platform/platform-linux.cc), so a forked
 * Node finds no heap and dies. This takes the request back, for all memory of the process. Twice: reading the list may
 * have made V8 map a new page.
 */
export function allowFork(): void {
  const madvise = hostSyscallNumber("madvise");
  for (let pass = 0; pass < 2; pass++) {
    for (const line of readFileSync("/proc/self/maps", "latin1").split("\n")) {
      const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
      if (!range) continue;
      const [start, end] = [BigInt(`0x${range[1]}`), BigInt(`0x${range[2]}`)];
      // The kernel's own pages (vvar, vdso) refuse, and are in every process anyway.
      if (start < 1n << 47n) rawSyscall(madvise, [start, end - start, MADV_DOFORK]);
    }
  }
}
