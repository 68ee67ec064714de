/** Flags of clone3(2), unshare(2) and setns(2) (include/uapi/linux/sched.h). */
export const cloneFlags = {
  CLONE_VM: 0x100,
  CLONE_VFORK: 0x4000,
  CLONE_PIDFD: 0x1000,
  CLONE_NEWTIME: 0x80,
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
  CLONE_CLEAR_SIGHAND: 0x100000000n,
  CLONE_INTO_CGROUP: 0x200000000n,
} as const;

/** Offsets in struct clone_args, all u64. */
export const cloneArgs = { size: 88, flags: 0, pidfd: 8, exitSignal: 32, cgroup: 80 } as const;
export const SIGCHLD = 17;
