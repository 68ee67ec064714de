/** A seccomp profile with the names of the OCI runtime-spec (config-linux.md, Seccomp). */
export interface SeccompProfile {
  /** For every call that no rule is about. */
  defaultAction: SeccompAction;
  /** What a default SCMP_ACT_ERRNO or SCMP_ACT_TRACE gives; EPERM when left out. */
  defaultErrnoRet?: number;
  /** SCMP_ARCH_…; the machine's own is always among them, and calls of any other end the thread. */
  architectures?: string[];
  /** SECCOMP_FILTER_FLAG_…; SPEC_ALLOW when left out. */
  flags?: string[];
  syscalls?: SeccompRule[];
}

export interface SeccompRule {
  /** Names that no architecture has are passed over: a profile is written for many kernels. */
  names: string[];
  action: SeccompAction;
  errnoRet?: number;
  /** All must hold; two about the same argument are alternatives, as in runc. */
  args?: SeccompArgument[];
}

export interface SeccompArgument {
  /** 0 to 5 */
  index: number;
  /** With SCMP_CMP_MASKED_EQ the mask. */
  value: number;
  /** With SCMP_CMP_MASKED_EQ what is left under the mask. */
  valueTwo?: number;
  op: SeccompOperator;
}

/** Values of SECCOMP_RET_* (include/uapi/linux/seccomp.h). SCMP_ACT_NOTIFY is missing: it needs a process that answers. */
export const seccompActions = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
} as const;

export type SeccompAction = keyof typeof seccompActions;

export const seccompOperators = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;

export type SeccompOperator = (typeof seccompOperators)[number];

/** Flags of seccomp(2). TSYNC is for processes of many threads: ours has one. */
export const seccompFlags = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
} as const;

export type SeccompFlag = keyof typeof seccompFlags;

const EPERM = 1;

/** The value that a filter returns for an action; only ERRNO and TRACE carry a number. */
export function returnValue(action: SeccompAction, errno: number | undefined): number {
  const carries = action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE";
  return seccompActions[action] + (carries ? (errno ?? EPERM) : 0);
}

/** A returned value in words: `errno 38`, `allow`. */
export function describeReturn(value: number): string {
  const data = value & 0xffff;
  const action = Object.entries(seccompActions).find(([, number]) => number === value - data)?.[0] ?? String(value);
  const name = action === "SCMP_ACT_KILL" ? "kill_thread" : action.slice("SCMP_ACT_".length).toLowerCase();
  return name === "errno" || name === "trace" ? `${name} ${data}` : name;
}
