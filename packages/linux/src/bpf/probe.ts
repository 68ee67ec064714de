import { closeSync } from "node:fs";
import { DrydockError } from "@drydock/kit";
import { callLibc } from "../ffi/call.ts";
import { cString, syscall, syscallUnless } from "../ffi/syscall.ts";
import { bpfCommands, bpfLicense, loadAttributes } from "./attributes.ts";
import { deviceProgram } from "./device-program.ts";
import { encodeExtended } from "./extended.ts";

/** MAP_PRIVATE | MAP_ANONYMOUS with PROT_READ | PROT_WRITE. */
const mapping = { size: 4096, protection: 3, flags: 0x22 };

let known: boolean | undefined;

/**
 * Whether this process may load programs that decide about device files: it takes a kernel with CONFIG_CGROUP_BPF, and
 * CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, outside of any user namespace. Found out once, by loading one.
 */
export function canFilterDevices(): boolean {
  known ??= probe();
  return known;
}

function probe(): boolean {
  const instructions = encodeExtended(deviceProgram([]));
  const { bytes, addresses } = loadAttributes(instructions);
  // Memory of a known address: attributes have pointers in them, which ffi-rs cannot lay out.
  const memory = syscall("mmap", 0, mapping.size, mapping.protection, mapping.flags, -1, 0);
  try {
    const contents = [instructions, cString(bpfLicense)];
    let at = memory;
    for (const [index, { offset }] of addresses.entries()) {
      const content = contents[index] ?? Buffer.alloc(0);
      callLibc("memcpy", [at, content, content.length]);
      bytes.writeBigUInt64LE(BigInt(at), offset);
      at += content.length;
    }
    const fd = load(bytes);
    if (fd !== undefined) closeSync(fd);
    return fd !== undefined;
  } finally {
    syscall("munmap", memory, mapping.size);
  }
}

/** Undefined: it may not. */
function load(attributes: Buffer): number | undefined {
  const expected = ["EPERM", "EINVAL", "ENOSYS", "EACCES"] as const;
  for (;;) {
    try {
      return syscallUnless(expected, "bpf", bpfCommands.BPF_PROG_LOAD, attributes, attributes.length);
    } catch (error) {
      // A signal has come, which the verifier lets go first (kernel/bpf/verifier.c): once more.
      if (!(error instanceof DrydockError) || error.details.errno !== "EAGAIN") throw error;
    }
  }
}
