/** Policies of sched_setattr(2) (include/uapi/linux/sched.h); SCHED_ISO has a number and no code. */
export const schedulerPolicies = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
} as const;

export const schedulerFlags = {
  SCHED_FLAG_RESET_ON_FORK: 0x1,
  SCHED_FLAG_RECLAIM: 0x2,
  SCHED_FLAG_DL_OVERRUN: 0x4,
  SCHED_FLAG_KEEP_POLICY: 0x8,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
} as const;

export interface SchedulerAttributes {
  policy: number;
  flags: number;
  nice: number;
  priority: number;
  /** Nanoseconds, all three. */
  runtime: number;
  deadline: number;
  period: number;
}

/** Struct sched_attr as of Linux 3.14 { u32 size, policy; u64 flags; s32 nice; u32 priority; u64 runtime, deadline, period }. */
export function schedulerBytes(attributes: SchedulerAttributes): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt32LE(attributes.policy, 4);
  bytes.writeBigUInt64LE(BigInt(attributes.flags), 8);
  bytes.writeInt32LE(attributes.nice, 16);
  bytes.writeUInt32LE(attributes.priority, 20);
  bytes.writeBigUInt64LE(BigInt(attributes.runtime), 24);
  bytes.writeBigUInt64LE(BigInt(attributes.deadline), 32);
  bytes.writeBigUInt64LE(BigInt(attributes.period), 40);
  return bytes;
}

/** Classes of ioprio_set(2) (include/uapi/linux/ioprio.h). */
export const ioPriorityClasses = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;
export const IOPRIO_WHO_PROCESS = 1;

/** The class above bit 13, the level below it. */
export function ioPriority(name: keyof typeof ioPriorityClasses, level: number): number {
  return (ioPriorityClasses[name] << 13) | level;
}
