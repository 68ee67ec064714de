import type { CapabilityName } from "../kernel/capabilities.ts";
import type { Architecture } from "../syscalls/numbers.ts";
import type { SeccompArgument, SeccompProfile, SeccompRule } from "./profile.ts";

/** What an ordinary program needs: the calls of Docker's default profile, by what they are for. */
const ordinary: Readonly<Record<string, string>> = {
  "files and directories": `
    _llseek access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat
    faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl
    fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64
    fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr getxattrat ioctl lchown lchown32
    lgetxattr link linkat listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64 mkdir
    mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev
    pwritev2 read readahead readlink readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir
    sendfile sendfile64 setxattr setxattrat splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
    sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes
    vmsplice write writev
  `,
  "waiting for events, and asynchronous input and output": `
    _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
    eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
    io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioprio_get ioprio_set pipe pipe2 poll ppoll
    ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_gettime64
    timerfd_settime timerfd_settime64
  `,
  memory: `
    brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
    mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
    remap_file_pages
  `,
  "processes, threads and signals": `
    alarm execve execveat exit exit_group fork futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake
    get_robust_list get_thread_area getcpu getpriority gettid kill pause pidfd_open pidfd_send_signal prctl
    process_vm_readv process_vm_writev ptrace restart_syscall riscv_hwprobe rseq rt_sigaction rt_sigpending
    rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
    sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
    sched_setscheduler sched_yield set_robust_list set_thread_area set_tid_address setpriority sigaltstack sigprocmask
    sigreturn tgkill tkill uretprobe vfork wait4 waitid waitpid
  `,
  "identity, limits and confinement": `
    capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid
    getppid getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid getuid getuid32 landlock_add_rule
    landlock_create_ruleset landlock_restrict_self prlimit64 seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid
    setgid32 setgroups setgroups32 setpgid setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
    setreuid32 setrlimit setsid setuid setuid32 ugetrlimit
  `,
  "sockets and System V IPC": `
    accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr mq_notify mq_open
    mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd recv
    recvfrom recvmmsg recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg sendmsg
    sendto setsockopt shmat shmctl shmdt shmget shutdown socketcall socketpair
  `,
  "time and the machine": `
    adjtimex cachestat clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 getitimer getrandom gettimeofday nanosleep setitimer sysinfo time
    timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 times uname
  `,
};

/** Calls that change more than the process that makes them: for who has the capability that the kernel asks for anyway. */
const withCapability: Partial<Record<CapabilityName, string>> = {
  CAP_BPF: "bpf",
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_PERFMON: "perf_event_open",
  CAP_SYSLOG: "syslog",
  CAP_SYS_ADMIN:
    "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module",
  CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
};

const ofArchitecture: Record<Architecture, { calls: string; architectures: string[] }> = {
  x64: {
    calls: "arch_prctl modify_ldt",
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  },
  arm64: {
    calls: "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
    architectures: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  },
};

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
const newNamespaces = 0x7e020000;
const family = { AF_ALG: 38, AF_VSOCK: 40 };
/** Linux, and UNAME26 and 32-bit addresses with it; all bits only ask which one is set. */
const personalities = [0, 0x0008, 0x20000, 0x20008, 0xffffffff];
const errno = { EPERM: 1, ENOSYS: 38 };

/**
 * The profile that Docker and containerd give to a container without one of its own, for a process with these
 * capabilities. An allow list: what it does not name fails with EPERM. The facts are those of github.com/moby/profiles.
 */
export function defaultSeccompProfile(
  capabilities: readonly string[],
  arch: Architecture = process.arch as Architecture,
): SeccompProfile {
  const { calls, architectures } = ofArchitecture[arch];
  const granted = Object.entries(withCapability).flatMap(([name, text]) => (capabilities.includes(name) ? text : []));
  const names = [...Object.values(ordinary), calls, ...granted].flatMap((text) => text.trim().split(/\s+/));
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: errno.EPERM,
    architectures,
    syscalls: [
      { names: [...new Set(names)], action: "SCMP_ACT_ALLOW" },
      ...sockets(),
      ...personalities.map((value) => allowWhen("personality", { index: 0, op: "SCMP_CMP_EQ", value })),
      ...(capabilities.includes("CAP_SYS_ADMIN") ? [] : threadsOnly()),
    ],
  };
}

/** All families but vsock, which leads to the hypervisor, and the kernel's cryptography. */
function sockets(): SeccompRule[] {
  return [
    allowWhen("socket", { index: 0, op: "SCMP_CMP_LT", value: family.AF_ALG }),
    allowWhen("socket", { index: 0, op: "SCMP_CMP_EQ", value: family.AF_ALG + 1 }),
    allowWhen("socket", { index: 0, op: "SCMP_CMP_GT", value: family.AF_VSOCK }),
  ];
}

/** clone without a new namespace. A filter cannot look behind clone3's pointer: it does not exist, so that libc uses clone. */
function threadsOnly(): SeccompRule[] {
  return [
    allowWhen("clone", { index: 0, op: "SCMP_CMP_MASKED_EQ", value: newNamespaces, valueTwo: 0 }),
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: errno.ENOSYS },
  ];
}

function allowWhen(name: string, condition: SeccompArgument): SeccompRule {
  return { names: [name], action: "SCMP_ACT_ALLOW", args: [condition] };
}
