/** Capabilities by number (include/uapi/linux/capability.h). */
export const capabilityNames = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

export type CapabilityName = (typeof capabilityNames)[number];

export function isCapabilityName(name: string): name is CapabilityName {
  return (capabilityNames as readonly string[]).includes(name);
}

/** A set of capabilities as the bit mask that the kernel uses. */
export function capabilityMask(names: readonly CapabilityName[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(capabilityNames.indexOf(name))), 0n);
}

/** The names in a mask; bits that we have no name for are left out. */
export function capabilityNamesOf(mask: bigint): CapabilityName[] {
  return capabilityNames.filter((_, number) => (mask >> BigInt(number)) & 1n);
}

/** Struct cap_user_header { u32 version, int pid } of capset(2), version 3, this thread. */
export function capabilityHeader(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x20080522, 0);
  return header;
}

/** Struct cap_user_data[2]: the low and the high 32 bits of effective, permitted, inheritable. */
export function capabilityData(sets: { effective: bigint; permitted: bigint; inheritable: bigint }): Buffer {
  const data = Buffer.alloc(24);
  for (const [index, mask] of [sets.effective, sets.permitted, sets.inheritable].entries()) {
    data.writeUInt32LE(Number(mask & 0xffffffffn), index * 4);
    data.writeUInt32LE(Number(mask >> 32n), 12 + index * 4);
  }
  return data;
}
