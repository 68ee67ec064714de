import { callLibc } from "../ffi/call.ts";
import { hostSyscallNumber, rawSyscall, syscall } from "../ffi/syscall.ts";
import { errnoNumber } from "../kernel/errno.ts";
import { anyErrno, context, dataBase, entry, entryFlag } from "../program/encode.ts";
import { allowFork } from "./allow-fork.ts";
import type { StepGate } from "./step-gate.ts";

const pageSize = 0x1000;
/** MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE with PROT_READ | PROT_WRITE. */
const mapping = { protection: 0x3, flags: 0x100022 };
const EINTR = errnoNumber("EINTR");

/**
 * The interpreter of interpreter-x86-64.ts in TypeScript, on the same image: its data is mapped at the address for which
 * it was made, and each entry becomes one call through libc's syscall(2). Never returns: programs end with execve or
 * exit. With a gate each entry waits for leave to run. After a fork both processes go on here, each with its own copy of all this.
 */
export function interpret(image: Buffer, gate?: StepGate): never {
  const closeRange = hostSyscallNumber("close_range");
  const data = image.subarray(pageSize);
  syscall("mmap", dataBase, data.length, mapping.protection, mapping.flags, -1, 0);
  callLibc("memcpy", [dataBase, data, data.length]);
  // Tables never change while they run, so they are read from the buffer; results are in the mapped memory.
  const read32 = (address: number): number => data.readUInt32LE(address - dataBase);
  const read64 = (address: number): bigint => data.readBigUInt64LE(address - dataBase);

  let at = dataBase;
  let current = Number(read64(at));
  for (;;) {
    const flags = read32(current + entry.flags);
    const tolerated = data.readUInt16LE(current - dataBase + entry.tolerated);
    const args = [0, 1, 2, 3, 4, 5].map((index) => {
      const value = read64(current + entry.args + index * 8);
      return flags & (entryFlag.indirect << index) ? loadFrom(Number(value)) : value;
    });
    const number = data.readUInt16LE(current - dataBase);
    if (gate) {
      gate.wait(current);
      const last = BigInt(gate.lastOther);
      if (number === closeRange && (args[1] ?? 0n) > last) args[1] = last;
    }
    if (flags & entryFlag.fork) allowFork();
    const target = Number(read64(current + entry.args + 40));
    const result = rawSyscall(number, args);
    if (result === -EINTR) continue;
    const failed = result < 0 || (result === 0 && (flags & entryFlag.zeroIsError) !== 0);
    if (result === 0 && flags & entryFlag.fork) {
      gate?.forked();
      at = target;
      current = Number(read64(at));
    } else if (failed && !(result < 0 && (tolerated === anyErrno || tolerated === -result))) {
      storeTo(at + context.failedEntry, current);
      storeTo(at + context.errno, -result);
      current = Number(read64(at + context.failureTable));
    } else if (result < 0 && flags & entryFlag.jump) {
      current = target;
    } else {
      const place = Number(read64(current + entry.result));
      if (place !== 0) storeTo(place, result);
      current += entry.size;
    }
  }
}

function loadFrom(address: number): bigint {
  const value = Buffer.alloc(8);
  callLibc("memcpy", [value, address, 8]);
  return value.readBigUInt64LE(0);
}

function storeTo(address: number, value: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value), 0);
  callLibc("memcpy", [address, bytes, 8]);
}
