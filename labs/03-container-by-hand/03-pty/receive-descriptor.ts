import { closeSync, readSync, writeSync } from "node:fs";
import { cString, syscall } from "@drydock/linux";

const PAGE = 4096;
/** PROT_READ | PROT_WRITE; MAP_SHARED. */
const mapping = { protection: 0x3, flags: 0x1 };
/** Where things are in the page; struct msghdr and cmsghdr of 64-bit Linux (recvmsg(2), cmsg(3)). */
const at = { header: 0, vector: 64, text: 128, control: 256 };
const control = { size: 64, descriptor: 16 };

/** The descriptor beside the next bytes of a Unix socket (SCM_RIGHTS); undefined when there is none. Does not wait. */
export function receiveDescriptor(socket: number): number | undefined {
  // The kernel wants addresses, which JavaScript does not tell: a page that is both memory and a file has one.
  const file = syscall("memfd_create", cString("message"), 0);
  const bytes = Buffer.alloc(PAGE);
  writeSync(file, bytes);
  const base = syscall("mmap", 0, PAGE, mapping.protection, mapping.flags, file, 0);
  try {
    const address = (offset: number): bigint => BigInt(base + offset);
    bytes.writeBigUInt64LE(address(at.vector), at.header + 16);
    bytes.writeBigUInt64LE(1n, at.header + 24);
    bytes.writeBigUInt64LE(address(at.control), at.header + 32);
    bytes.writeBigUInt64LE(BigInt(control.size), at.header + 40);
    bytes.writeBigUInt64LE(address(at.text), at.vector);
    bytes.writeBigUInt64LE(64n, at.vector + 8);
    writeSync(file, bytes, 0, PAGE, 0);
    if (syscall("recvmsg", socket, base, 0) === 0) return undefined;
    readSync(file, bytes, 0, PAGE, 0);
    const used = Number(bytes.readBigUInt64LE(at.header + 40));
    return used > control.descriptor ? bytes.readInt32LE(at.control + control.descriptor) : undefined;
  } finally {
    syscall("munmap", base, PAGE);
    closeSync(file);
  }
}
