/**
 * The steps from "a process like any other" to "the first process of a container", in order: each is one system call.
 * run.ts runs them. A result has a name; a later step uses it by resultOf("name").
 */
import {
  cloneArgs,
  inherited,
  memory,
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
        name: "clone3",
        args: [forkArguments(), cloneArgs.size],
        why: "fork: the child becomes the container",
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
    { name: "chroot", args: [rootfs], why: "surely this is what makes a container" },
    { name: "chdir", args: ["/"], why: "the old directory is outside" },
    { name: "execve", args: [file, texts(command), texts(environment)], why: "the container's own code" },
  ];
}

/** struct clone_args of clone3(2) with nothing but the signal at the end: a plain fork. */
function forkArguments() {
  const bytes = Buffer.alloc(cloneArgs.size);
  bytes.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return struct(bytes, "{exit_signal: SIGCHLD}");
}
