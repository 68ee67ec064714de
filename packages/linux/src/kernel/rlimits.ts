/** Resources of prlimit64(2) (include/uapi/asm-generic/resource.h). */
export const rlimitNumbers = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

export type RlimitName = keyof typeof rlimitNumbers;

export function isRlimitName(name: string): name is RlimitName {
  return name in rlimitNumbers;
}

/** Struct rlimit64 { u64 current, maximum }. Numbers of 2^63 and more mean unlimited, as JSON cannot carry 2^64 - 1. */
export function rlimitBytes(soft: number, hard: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(limit(soft), 0);
  bytes.writeBigUInt64LE(limit(hard), 8);
  return bytes;
}

function limit(value: number): bigint {
  return value < 0 || value >= 2 ** 63 ? 0xffffffffffffffffn : BigInt(value);
}
