/** System calls that are about the same thing, for people who do not know them all. */
export interface Family {
  name: string;
  /** What these calls are for. */
  about: string;
  members: readonly string[];
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** In the order in which a program's life uses them. A call that is in none of them belongs to "other". */
export const families: readonly Family[] = [
  {
    name: "processes",
    about: "starting programs and waiting for their end",
    members: words(
      "execve execveat fork vfork clone clone3 wait4 waitid exit exit_group set_tid_address set_robust_list get_robust_list rseq getpid getppid gettid getpgrp getpgid setpgid getsid setsid prlimit64 getrlimit setrlimit getrusage sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setscheduler sched_getscheduler getpriority setpriority pidfd_open pidfd_getfd process_vm_readv process_vm_writev ptrace arch_prctl",
    ),
  },
  {
    name: "containers",
    about: "namespaces, mounts and roots: what makes a container",
    members: words(
      "unshare setns mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr statmount listmount sethostname setdomainname",
    ),
  },
  {
    name: "rights",
    about: "who it is, and what it may do",
    members: words(
      "getuid geteuid getgid getegid getresuid getresgid setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid getgroups setgroups capget capset prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self keyctl add_key request_key",
    ),
  },
  {
    name: "memory",
    about: "getting memory, and mapping files and libraries into it",
    members: words(
      "brk mmap munmap mremap mprotect madvise msync mlock mlock2 munlock mlockall munlockall mincore memfd_create mbind get_mempolicy set_mempolicy pkey_alloc pkey_mprotect shmget shmat shmdt shmctl membarrier userfaultfd",
    ),
  },
  {
    name: "names",
    about: "finding, opening and changing files by name",
    members: words(
      "open openat openat2 creat access faccessat faccessat2 stat lstat newfstatat statx readlink readlinkat getcwd chdir fchdir getdents getdents64 mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask truncate ftruncate utime utimes utimensat mknod mknodat statfs fstatfs inotify_init inotify_init1 inotify_add_watch inotify_rm_watch getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr name_to_handle_at open_by_handle_at",
    ),
  },
  {
    name: "data",
    about: "reading and writing what is open",
    members: words(
      "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3 fcntl ioctl fstat fsync fdatasync sync syncfs fallocate fadvise64 readahead sendfile splice tee vmsplice copy_file_range pipe pipe2 flock io_setup io_submit io_getevents io_uring_setup io_uring_enter io_uring_register",
    ),
  },
  {
    name: "network",
    about: "sockets: talking to other programs, here or elsewhere",
    members: words(
      "socket socketpair bind listen accept accept4 connect getsockname getpeername send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg shutdown setsockopt getsockopt",
    ),
  },
  {
    name: "waiting",
    about: "waiting for something to happen, and for one another",
    members: words(
      "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 futex futex_wait futex_wake futex_waitv nanosleep clock_nanosleep pause timerfd_create timerfd_settime timerfd_gettime alarm setitimer getitimer timer_create timer_settime timer_delete restart_syscall",
    ),
  },
  {
    name: "signals",
    about: "sending signals, and deciding what to do on one",
    members: words(
      "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait rt_sigqueueinfo sigaltstack kill tkill tgkill signalfd signalfd4 pidfd_send_signal",
    ),
  },
  {
    name: "questions",
    about: "asking the kernel about the time, the machine and chance",
    members: words(
      "uname sysinfo getrandom clock_gettime clock_getres gettimeofday time times getcpu syslog sysfs bpf perf_event_open",
    ),
  },
];

export const otherFamily: Family = { name: "other", about: "calls that are in no family of ours", members: [] };

const byCall = new Map(families.flatMap((family) => family.members.map((name) => [name, family] as const)));

export function familyOf(call: string): Family {
  return byCall.get(call) ?? otherFamily;
}
