// fails at root: for /secret
/**
 * The steps from "a process like any other" to "the first process of a container", in order: each is one system call.
 * run.ts runs them. A result has a name; a later step uses it by resultOf("name").
 */
import {
  cloneArgs,
  cloneFlags,
  flags,
  inherited,
  memory,
  mountFlags,
  named,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  struct,
  texts,
} from "@drydock/linux";

const environment = ["PATH=/bin", "HOME=/"];

export function container(rootfs: string, command: readonly string[]): SyscallProgram {
  return {
    name: "main",
    memory: { ended: { bytes: 16 } },
    steps: [
      {
        name: "unshare",
        args: [flags(cloneFlags, "CLONE_NEWNS", "CLONE_NEWUTS", "CLONE_NEWIPC", "CLONE_NEWNET", "CLONE_NEWPID")],
        why: "namespaces of its own; that of pids is for the children",
      },
      {
        name: "clone3",
        args: [forkArguments(), cloneArgs.size],
        why: "fork: the child is born as pid 1 of the new pid namespace and becomes the container",
        child: { name: "container", steps: inContainer(rootfs, command) },
      },
      { name: "wait4", args: [-1, memory("ended", 8), 0, 0], why: "until the container has ended" },
      { name: "write", args: [inherited("report"), memory("ended"), 16], why: "run.ts wants to know how" },
      { name: "exit_group", args: [0], why: "nothing more to do" },
    ],
  };
}

function inContainer(rootfs: string, command: readonly string[]): Step[] {
  const [file = ""] = command;
  return [
    {
      name: "fcntl",
      args: [inherited("report"), named("F_SETFD", 2), named("FD_CLOEXEC", 1)],
      why: "execve closes the report pipe: without a message in it all went well",
    },
    ...["stdin", "stdout", "stderr"].map(
      (name, fd): Step => ({ name: "dup3", args: [inherited(name), fd, 0], why: `${name} is that of run.ts` }),
    ),
    {
      name: "mount",
      args: [0, "/", 0, flags(mountFlags, "MS_REC", "MS_PRIVATE"), 0],
      why: "a copy of a shared mount is in its group: nothing of what follows is for the host",
    },
    {
      name: "mount",
      args: [rootfs, rootfs, 0, flags(mountFlags, "MS_BIND", "MS_REC"), 0],
      why: "pivot_root takes a mount, not a directory",
    },
    { name: "chdir", args: [rootfs], why: "pivot_root works on the current directory" },
    {
      name: "mount",
      args: ["proc", "proc", "proc", flags(mountFlags, "MS_NOSUID", "MS_NODEV", "MS_NOEXEC"), 0],
      why: "the processes of this pid namespace",
    },
    { name: "chroot", args: ["."], why: "the new root becomes /" },
    { name: "chdir", args: ["/"], why: "the current directory is not to be outside" },
    { name: "sethostname", args: ["box", 3], why: "the name is its own as well" },
    { name: "execve", args: [file, texts(command), texts(environment)], why: "the container's own code" },
  ];
}

/** struct clone_args of clone3(2) with nothing but the signal at the end: a plain fork. */
function forkArguments() {
  const bytes = Buffer.alloc(cloneArgs.size);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return struct(bytes, "{exit_signal: SIGCHLD}");
}
