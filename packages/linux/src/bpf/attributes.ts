import type { MemoryBlock } from "../program/program.ts";

/** Commands of bpf(2) and values of its union bpf_attr (include/uapi/linux/bpf.h). */
export const bpfCommands = { BPF_PROG_LOAD: 5, BPF_PROG_ATTACH: 8 } as const;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
/** Other programs may be attached to the same cgroup and to those below it: an access must be allowed by all. */
const BPF_F_ALLOW_MULTI = 2;

/** Of BPF_PROG_LOAD: u32 type, count; u64 instructions, license; a log; u32 version, flags; char name[16]. */
const load = { size: 72, type: 0, count: 4, instructions: 8, license: 16, name: 48 } as const;
export const bpfLicense = "Apache-2.0";

/** The attributes of a load, with the addresses of instructions and license left to whoever lays the memory out. */
export function loadAttributes(instructions: Buffer): Required<MemoryBlock> & { bytes: Buffer } {
  const bytes = Buffer.alloc(load.size);
  bytes.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, load.type);
  bytes.writeUInt32LE(instructions.length / 8, load.count);
  // What bpftool shows.
  bytes.write("drydock_devices", load.name);
  return {
    bytes,
    addresses: [
      { offset: load.instructions, of: instructions },
      { offset: load.license, of: bpfLicense },
    ],
  };
}

/** Of BPF_PROG_ATTACH: u32 target, program, type, flags. */
export function attachAttributes(cgroupFd: number, programFd: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(cgroupFd, 0);
  bytes.writeUInt32LE(programFd, 4);
  bytes.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
  bytes.writeUInt32LE(BPF_F_ALLOW_MULTI, 12);
  return bytes;
}
