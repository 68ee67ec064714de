import { failure } from "../errors.ts";
import { type Errno, errnoName, errnoText } from "../kernel/errno.ts";
import { isKnownArchitecture, type SyscallName, syscallNumbers } from "../syscalls/numbers.ts";
import { callLibc, type NativeArgument } from "./call.ts";

/** One system call of this process through libc's syscall(2): the result, or minus errno as the kernel gives it. */
export function rawSyscall(number: number, args: readonly NativeArgument[]): number {
  const padded = [number, ...args, 0, 0, 0, 0, 0, 0].slice(0, 7);
  const { value, errno } = callLibc("syscall", padded);
  return value === -1 ? -errno : value;
}

/** The number of a call on this machine. Throws LINUX_UNSUPPORTED on an architecture without a table. */
export function hostSyscallNumber(name: SyscallName): number {
  if (isKnownArchitecture(process.arch)) return syscallNumbers(process.arch)[name];
  throw failure("LINUX_UNSUPPORTED", `no system call table for ${process.arch}`, {
    hint: "drydock knows x64 and arm64",
  });
}

/** One system call by name; on failure throws LINUX_CALL_FAILED with `call` and `errno` (name) in details. */
export function syscall(name: SyscallName, ...args: NativeArgument[]): number {
  const result = rawSyscall(hostSyscallNumber(name), args);
  if (result >= 0) return result;
  throw callFailed(name, errnoName(-result), args);
}

/** Like syscall, but gives undefined for the errnos that the caller expects. */
export function syscallUnless(
  expected: readonly Errno[],
  name: SyscallName,
  ...args: NativeArgument[]
): number | undefined {
  const result = rawSyscall(hostSyscallNumber(name), args);
  if (result >= 0) return result;
  const errno = errnoName(-result);
  if ((expected as readonly string[]).includes(errno)) return undefined;
  throw callFailed(name, errno, args);
}

function callFailed(name: string, errno: string, args: readonly NativeArgument[]) {
  const shown = args.map((arg) => (arg instanceof Uint8Array ? showBytes(arg) : String(arg))).join(", ");
  return failure("LINUX_CALL_FAILED", `${name}(${shown}) = ${errno}: ${errnoText(errno)}`, {
    details: { call: name, errno },
  });
}

/** Paths end in NUL and are shown as text; other memory by its size. */
function showBytes(bytes: Uint8Array): string {
  const isText = bytes.length > 1 && bytes.at(-1) === 0 && bytes.subarray(0, -1).every((byte) => byte >= 32);
  return isText ? JSON.stringify(Buffer.from(bytes.subarray(0, -1)).toString()) : `<${bytes.length} bytes>`;
}

/** Text as the kernel reads it: UTF-8 with a NUL at the end. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
