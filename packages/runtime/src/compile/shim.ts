import {
  cloneArgs,
  flags,
  memory,
  messageSize,
  named,
  openFlags,
  prctlOperations,
  resultOf,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  struct,
} from "@drydock/linux";
import type { CompileInput } from "./compile-input.ts";
import { devicePolicyMemory, devicePolicySteps } from "./device-policy.ts";
import { keepSteps, letGoOfKept } from "./kept.ts";
import { cloneArguments, shimJoinSteps } from "./namespaces.ts";
import { shimSourceSteps, sourceMemory } from "./source-steps.ts";
import { atCwd, fifoSteps, reportFd } from "./steps.ts";
import { closeInheritedStreams } from "./streams.ts";
import { userNamespaceSteps } from "./user-namespaces.ts";

/** Names of the files that the shim writes into the container's directory. */
export const shimFiles = {
  /** A FIFO that the shim holds open as long as it lives: whoever reads it gets end of file when it is gone. */
  alive: "alive",
  /** Pid of the shim itself, for who must end one that does not get anywhere. */
  shim: "shim",
  /** Pid of the container's first process, u64, little endian. Not given to another process while the shim lives. */
  pid: "pid",
  /** Raw wait status, u32 in a u64, little endian; the file's modification time is the end of the container. */
  exit: "exit",
} as const;

/** The first process: it leaves a shim behind that no caller has to wait for, and ends. */
export function mainProgram(shim: SyscallProgram): SyscallProgram {
  return { name: "main", steps: [...nullStreams(), ...leaveBehind(shim)] };
}

/** Standard streams of the caller are not the container's, and a shim that kept them would keep a terminal or pipe open. */
export function nullStreams(): Step[] {
  return [
    {
      name: "openat",
      args: [atCwd, "/dev/null", flags(openFlags, "O_RDWR")],
      why: "nothing to read, nowhere to write",
      result: "devnull",
    },
    ...[0, 1, 2].map(
      (fd): Step => ({
        name: "dup3",
        args: [resultOf("devnull"), fd, 0],
        why: "the caller's streams are not kept open",
        // It is that descriptor already: the caller's were close-on-exec, as Node's are.
        onError: { ignore: "EINVAL" },
      }),
    ),
  ];
}

/** fork and exit: the child becomes a child of pid 1 (or of a subreaper) and the caller has nobody to wait for. */
export function leaveBehind(child: SyscallProgram): Step[] {
  const args = Buffer.alloc(cloneArgs.size);
  args.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  return [
    {
      name: "clone3",
      args: [struct(args, "{exit_signal: SIGCHLD}"), cloneArgs.size],
      why: `leave ${child.name} behind: it must outlive the caller and not be its child`,
      child,
    },
    { name: "exit_group", args: [0], why: "the caller waits for this process only" },
  ];
}

/**
 * The container's parent: a few KB that fork the container, wait for it and write down how it ended. It is outside of
 * the container, in a session of its own, and does not need the caller.
 */
export function shimProgram(input: CompileInput, container: SyscallProgram): SyscallProgram {
  const clone = cloneArguments(input.config, input.cgroup !== undefined);
  return {
    name: "shim",
    memory: {
      cloneArguments: clone.block,
      pidMessage: { bytes: messageSize },
      waitStatus: { bytes: 8 },
      shimPid: { bytes: 8 },
      ...sourceMemory(input),
      ...devicePolicyMemory(input),
    },
    steps: [
      { name: "setsid", args: [], why: "signals of the caller's terminal are not for the shim" },
      { name: "chdir", args: ["/"], why: "keep no directory busy" },
      {
        name: "prctl",
        args: [named("PR_SET_NAME", prctlOperations.PR_SET_NAME), "drydock-shim"],
        why: "its name in ps",
      },
      ...openDirectory(input),
      { name: "getpid", args: [], why: "its own pid", result: memory("shimPid") },
      ...writeFile(shimFiles.shim, memory("shimPid"), "for who must end a shim that does not get anywhere"),
      ...keepSteps(input),
      ...userNamespaceSteps(input),
      ...shimSourceSteps(input),
      ...(input.cgroup === undefined ? [] : openCgroup(input.cgroup)),
      ...devicePolicySteps(input),
      ...shimJoinSteps(input),
      {
        name: "clone3",
        args: [memory("cloneArguments"), cloneArgs.size],
        why: `the container's first process, in its own namespaces: ${clone.text}`,
        result: { memory: "pidMessage", offset: 8 },
        child: container,
      },
      ...closeInheritedStreams(input),
      ...letGoOfKept(input),
      {
        name: "write",
        args: [reportFd, memory("pidMessage"), messageSize],
        why: "tell the caller the pid",
        onError: { ignore: "any" },
      },
      ...writeFile(shimFiles.pid, memory("pidMessage", 8), "for callers to come: the pid"),
      ...(input.parent === "caller" ? handOver() : waitForEnd()),
    ],
  };
}

/** The caller waits for the container itself: managers of containers are subreapers for that. */
function handOver(): Step[] {
  return [{ name: "exit_group", args: [0], why: "the container's process becomes a child of the caller" }];
}

function waitForEnd(): Step[] {
  return [
    {
      name: "close",
      args: [reportFd],
      why: "the pid is known to all; from here on the container's process alone holds the report pipe",
    },
    {
      name: "close_range",
      args: [0, 2, 0],
      why: "no streams are needed to wait",
    },
    {
      name: "wait4",
      args: [-1, memory("waitStatus"), named("__WALL", 0x40000000), 0],
      why: "for the container's first process, the only child",
    },
    ...writeFile(shimFiles.exit, memory("waitStatus"), "how the container ended"),
    { name: "exit_group", args: [0], why: "everything is written down" },
  ];
}

function openDirectory({ directory }: CompileInput): Step[] {
  return [
    {
      name: "openat",
      args: [atCwd, directory, named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "the container's directory",
      result: "directory",
    },
    ...fifoSteps(shimFiles.alive, "alive", "held open as long as the shim lives: its end tells everybody"),
  ];
}

function openCgroup(cgroup: string): Step[] {
  return [
    {
      name: "openat",
      args: [atCwd, cgroup, named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "the cgroup that the container is born in",
      result: memory("cloneArguments", cloneArgs.cgroup),
    },
  ];
}

/** 8 bytes in one write: a reader sees all of them or, before, a file that is too short. */
function writeFile(name: string, content: ReturnType<typeof memory>, why: string): Step[] {
  const onError = { ignore: "any" } as const;
  const open = flags(openFlags, "O_WRONLY", "O_CREAT", "O_TRUNC", "O_CLOEXEC");
  return [
    {
      name: "openat",
      args: [resultOf("directory"), name, open, named("0644", 0o644)],
      why,
      result: "file",
      onError,
    },
    { name: "write", args: [resultOf("file"), content, 8], why, onError },
    { name: "close", args: [resultOf("file")], why, onError },
  ];
}
