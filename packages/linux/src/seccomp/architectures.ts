import type { Architecture } from "../syscalls/numbers.ts";
import { arm64Calls } from "./calls-arm64.ts";
import { i386Calls } from "./calls-i386.ts";
import { x86_64Calls } from "./calls-x86-64.ts";

/** How a process can call the kernel: numbers of its own, told apart by seccomp_data.arch and, on x86-64, by a bit of the number. */
export interface CallingConvention {
  /** AUDIT_ARCH_* (include/uapi/linux/audit.h). */
  audit: number;
  /** Arguments are compared in 32 bits. */
  narrow: boolean;
  /** Added to the numbers. */
  numberBit: number;
  numbers(): ReadonlyMap<string, number>;
}

/** x32 calls are x86-64 calls with this bit in the number. */
export const x32Bit = 0x40000000;

/** Calls that x32 has under numbers of its own, from 512 on (syscall_64.tbl, "x32"). */
const x32Own =
  "rt_sigaction rt_sigreturn ioctl readv writev recvfrom sendmsg recvmsg execve ptrace rt_sigpending rt_sigtimedwait rt_sigqueueinfo sigaltstack timer_create mq_notify kexec_load waitid set_robust_list get_robust_list vmsplice move_pages preadv pwritev rt_tgsigqueueinfo recvmmsg sendmmsg process_vm_readv process_vm_writev setsockopt getsockopt io_setup io_submit execveat preadv2 pwritev2";
/** Calls that only 64-bit processes have. */
const notInX32 =
  "uselib _sysctl create_module get_kernel_syms query_module nfsservctl set_thread_area get_thread_area epoll_ctl_old epoll_wait_old vserver uretprobe uprobe";

export const conventions: Readonly<Record<string, CallingConvention>> = {
  SCMP_ARCH_X86_64: {
    audit: 0xc000003e,
    narrow: false,
    numberBit: 0,
    numbers: once(() => parseCalls(x86_64Calls)),
  },
  SCMP_ARCH_X86: { audit: 0x40000003, narrow: true, numberBit: 0, numbers: once(() => parseCalls(i386Calls)) },
  SCMP_ARCH_X32: { audit: 0xc000003e, narrow: true, numberBit: x32Bit, numbers: once(x32Numbers) },
  SCMP_ARCH_AARCH64: { audit: 0xc00000b7, narrow: false, numberBit: 0, numbers: once(() => parseCalls(arm64Calls)) },
};

/** Other architectures of the runtime-spec: right in a profile that is meant for many machines, never met on ours. */
export const foreignArchitectures = [
  "SCMP_ARCH_ARM",
  "SCMP_ARCH_LOONGARCH64",
  "SCMP_ARCH_M68K",
  "SCMP_ARCH_MIPS",
  "SCMP_ARCH_MIPS64",
  "SCMP_ARCH_MIPS64N32",
  "SCMP_ARCH_MIPSEL",
  "SCMP_ARCH_MIPSEL64",
  "SCMP_ARCH_MIPSEL64N32",
  "SCMP_ARCH_PARISC",
  "SCMP_ARCH_PARISC64",
  "SCMP_ARCH_PPC",
  "SCMP_ARCH_PPC64",
  "SCMP_ARCH_PPC64LE",
  "SCMP_ARCH_RISCV64",
  "SCMP_ARCH_S390",
  "SCMP_ARCH_S390X",
  "SCMP_ARCH_SH",
  "SCMP_ARCH_SHEB",
] as const;

export const seccompArchitectures: readonly string[] = [...Object.keys(conventions), ...foreignArchitectures].sort();

export function nativeConvention(arch: Architecture): string {
  return arch === "x64" ? "SCMP_ARCH_X86_64" : "SCMP_ARCH_AARCH64";
}

/** Calls of old 32-bit x86 programs that go through one call, whose first argument says which is meant. */
export const multiplexed: () => ReadonlyMap<string, { call: string; first: number }> = once(() => {
  const socketcall =
    "1 socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg";
  const ipc = "1 semop semget semctl semtimedop 11 msgsnd msgrcv msgget msgctl 21 shmat shmdt shmget shmctl";
  const entries = Object.entries({ socketcall, ipc }).flatMap(([call, calls]) =>
    [...parseCalls(calls)].map(([name, first]) => [name, { call, first }] as const),
  );
  return new Map(entries);
});

function x32Numbers(): ReadonlyMap<string, number> {
  const numbers = new Map(parseCalls(x86_64Calls));
  for (const name of notInX32.split(" ")) numbers.delete(name);
  for (const [index, name] of x32Own.split(" ").entries()) numbers.set(name, 512 + index);
  return numbers;
}

/** The tables' format: a number is the number of the name behind it, each further name has the next. */
function parseCalls(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  let next = 0;
  for (const word of text.trim().split(/\s+/)) {
    if (/^\d+$/.test(word)) next = Number(word);
    else numbers.set(word, next++);
  }
  return numbers;
}

/** Tables are parsed when a profile is compiled for the first time. */
function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
