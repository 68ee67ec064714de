import {
  cloneArgs,
  cloneFlags,
  flags,
  inherited,
  type LabelFiles,
  memory,
  messageSize,
  named,
  type Operand,
  openFlags,
  prctlOperations,
  resultOf,
  SIGCHLD,
  type Step,
  type SyscallProgram,
  signalNumbers,
  ttyRequests,
  valueAt,
} from "@drydock/linux";
import type { ProcessConfig } from "../types.ts";
import { consoleSocket, preservedName } from "./kept.ts";
import { joinKeyring } from "./keyring.ts";
import { joinLegacyCgroups } from "./legacy-cgroups.ts";
import { movableReport } from "./preserve.ts";
import { processSteps, sealReport } from "./process.ts";
import { affinityStep, personalitySteps } from "./scheduling.ts";
import { type InstalledFilter, seccompMemory } from "./seccomp.ts";
import { openLabels, writeLabels } from "./security-labels.ts";
import { leaveBehind, nullStreams } from "./shim.ts";
import { atCwd, reportFd, writeText } from "./steps.ts";
import { openTerminal, sendTerminal, terminalMemory } from "./terminal.ts";

export interface ExecInput {
  /** Of the container. */
  id: string;
  process: ProcessConfig;
  /** Whose child the new process becomes: a small parent of ours that waits for it, unless stated; see CompileInput. */
  parent?: "session" | "caller";
  /** `inherit` unless stated: the descriptors of that name. `console` as in CompileInput. */
  streams?: "inherit" | "console";
  /** As in CompileInput. */
  preserved?: number;
  keepKeyring?: boolean;
  /** Of the container. */
  seccomp?: InstalledFilter | undefined;
  /** Directory of the cgroup in which the container's first process is; the new process is born there too. */
  cgroup?: string;
  /** As in CompileInput. */
  legacyCgroups?: readonly string[];
  /** The container has a user namespace of its own. */
  joinUser: boolean;
  /** Its first process has only another root in the mount namespace of the caller: the link in /proc that leads there. */
  root?: string;
  /** It has a time namespace of its own. */
  joinTime?: boolean;
  /** The caller is not root: it has rights in the container's user namespace alone, so that one is joined first. */
  rootless?: boolean;
  /** See ProcessOptions. */
  setgroups?: boolean;
  /** linux.personality of the container. */
  personality?: "LINUX32";
  /** See HostFacts. */
  permitted: bigint;
  /** As in HostFacts. */
  labels?: LabelFiles;
  /** Left out when it is that of the caller anyway, or cannot be set. */
  oomScoreAdj?: number;
}

/**
 * Names under which the program inherits descriptors: `container` is a pidfd of the container's first process, `caller`
 * the read end of a non-blocking pipe whose other end the caller holds while it wants the session, `status` takes the
 * wait status. With a terminal the three streams are the same pty. Without a session there is no `caller` and no
 * `status`; with `console` there are no streams, but that socket.
 */
export type ExecDescriptor = "container" | "caller" | "status" | "stdin" | "stdout" | "stderr" | typeof consoleSocket;

const pollFd = { size: 8, events: 4 };
const POLLIN = 1;
const PIDFD_SIGNAL_PROCESS_GROUP = 4;

/** A new process in a running container, and outside of it a small parent that waits for it. */
export function compileExec(input: ExecInput): SyscallProgram {
  return { name: "main", steps: [...nullStreams(), ...leaveBehind(sessionProgram(input))] };
}

function sessionProgram(input: ExecInput): SyscallProgram {
  const clone = Buffer.alloc(cloneArgs.size);
  const cloneNames: (keyof typeof cloneFlags)[] = ["CLONE_PIDFD"];
  if (input.cgroup !== undefined) cloneNames.push("CLONE_INTO_CGROUP");
  const cloning = flags(cloneFlags, ...cloneNames);
  clone.writeBigUInt64LE(BigInt(cloning.value), cloneArgs.flags);
  clone.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
  // Two struct pollfd { int fd; short events, revents }: the new process, and the caller (whose end needs no event bit).
  const poll = Buffer.alloc(pollFd.size * 2);
  poll.writeInt16LE(POLLIN, pollFd.events);
  return {
    name: "session",
    memory: {
      cloneArguments: { bytes: clone, addresses: [{ offset: cloneArgs.pidfd, of: memory("poll") }] },
      poll: { bytes: poll },
      pidMessage: { bytes: messageSize },
      waitStatus: { bytes: 8 },
      callerByte: { bytes: 8 },
    },
    steps: [
      { name: "setsid", args: [], why: "signals of the caller's terminal are not for the session" },
      { name: "chdir", args: ["/"], why: "keep no directory busy" },
      {
        name: "prctl",
        args: [named("PR_SET_NAME", prctlOperations.PR_SET_NAME), "drydock-exec"],
        why: "its name in ps",
      },
      notDumpable(),
      ...affinityStep(
        input.process.execCPUAffinity?.initial,
        "process.execCPUAffinity.initial: until the new process is in the container's cgroup",
      ),
      {
        name: "setns",
        args: [
          inherited("container"),
          input.rootless ? flags(cloneFlags, "CLONE_NEWUSER", "CLONE_NEWPID") : flags(cloneFlags, "CLONE_NEWPID"),
        ],
        why: "children of this process, not the process itself, are in the container's pid namespace",
      },
      ...(input.cgroup === undefined
        ? []
        : [
            {
              name: "openat",
              args: [atCwd, input.cgroup, named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
              why: "the cgroup of the container",
              result: memory("cloneArguments", cloneArgs.cgroup),
            } satisfies Step,
          ]),
      {
        name: "clone3",
        args: [memory("cloneArguments"), cloneArgs.size],
        why: `the new process, in the container's cgroup from its birth: ${cloning.text}`,
        result: memory("pidMessage", 8),
        child: processProgram(input),
      },
      {
        name: "write",
        args: [reportFd, memory("pidMessage"), messageSize],
        why: "tell the caller the pid",
        onError: { ignore: "any" },
      },
      ...(input.parent === "caller" ? handOver() : followSteps()),
    ],
  };
}

/** The caller waits for the new process itself. */
function handOver(): Step[] {
  return [{ name: "exit_group", args: [0], why: "the new process becomes a child of the caller" }];
}

function followSteps(): Step[] {
  return [
    ...(["container", "stdin", "stdout", "stderr"] as const).map(
      (name): Step => ({
        name: "close",
        args: [inherited(name)],
        why: "only the new process holds it: its end is the end of the stream",
        onError: { ignore: "any" },
      }),
    ),
    { name: "close", args: [reportFd], why: "from here on the new process alone holds the report pipe" },
    {
      name: "fcntl",
      args: [inherited("caller"), named("F_DUPFD_CLOEXEC", 1030), 0],
      why: "the second to poll: the 8 bytes of its pollfd are the number and no events, hang-up is always told",
      result: memory("poll", pollFd.size),
    },
    ...waitSteps(),
    {
      name: "write",
      args: [inherited("status"), memory("waitStatus"), 8],
      why: "tell the caller how it ended",
      onError: { ignore: "any" },
    },
    { name: "exit_group", args: [0], why: "the session is over" },
  ];
}

/** Until the process has ended; it is killed when the caller goes away first. */
function waitSteps(): Step[] {
  const kill = (groupFlag: number, why: string): Step => ({
    name: "pidfd_send_signal",
    args: [valueAt("poll"), named("SIGKILL", signalNumbers.SIGKILL), 0, groupFlag],
    why,
    onError: { ignore: "any" },
  });
  return [
    { name: "ppoll", args: [memory("poll"), 2, 0, 0, 8], why: "until the process ends or the caller is gone" },
    {
      name: "read",
      args: [inherited("caller"), memory("callerByte"), 1],
      why: "is the caller gone? Its pipe is empty while it is there, and at its end when not",
      onError: { jump: "ended", when: "EAGAIN" },
    },
    kill(PIDFD_SIGNAL_PROCESS_GROUP, "the process and what it started in its group (Linux 6.9 and newer)"),
    kill(0, "the process alone"),
    { name: "label", label: "ended", args: [], why: "the process has ended or will at once" },
    {
      name: "wait4",
      args: [-1, memory("waitStatus"), named("__WALL", 0x40000000), 0],
      why: "for the new process, the only child",
    },
  ];
}

/** The new process: into the container, then the same last part as the container's first process. */
function processProgram(input: ExecInput): SyscallProgram {
  const namespaces: (keyof typeof cloneFlags)[] = [
    ...(input.root === undefined ? (["CLONE_NEWNS"] as const) : []),
    "CLONE_NEWUTS",
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWCGROUP",
  ];
  if (input.joinUser && !input.rootless) namespaces.unshift("CLONE_NEWUSER");
  if (input.joinTime) namespaces.push("CLONE_NEWTIME");
  const { final } = input.process.execCPUAffinity ?? {};
  return {
    name: "process",
    ...(input.preserved ? movableReport() : {}),
    memory: {
      ...(input.streams === "console" ? terminalMemory : {}),
      ...(input.preserved ? movableReport().memory : {}),
      ...seccompMemory(input.seccomp),
    },
    steps: [
      sealReport(),
      notDumpable(),
      ...(input.keepKeyring ? [] : [joinKeyring(input.id)]),
      ...oomScoreSteps(input.oomScoreAdj),
      ...openLabels(input.process, input.labels),
      ...joinLegacyCgroups(input.legacyCgroups),
      ...(input.root === undefined ? [] : openRootSteps(input.root)),
      {
        name: "setns",
        args: [inherited("container"), flags(cloneFlags, ...namespaces)],
        why:
          input.root === undefined
            ? "all other namespaces of the container; with its mount namespace its root comes too"
            : "all other namespaces of the container, which is there still: so that was its root",
      },
      ...(input.root === undefined ? [] : enterRootSteps),
      ...(input.streams === "console" ? consoleSteps(input.process) : inheritedSteps(input.process)),
      ...affinityStep(final, "process.execCPUAffinity.final: in the container's cgroup"),
      ...personalitySteps(input.personality),
      ...writeLabels(input.process, input.labels),
      ...processSteps(input.process, input.permitted, {
        preserved: preserved(input),
        ...(input.setgroups === undefined ? {} : { setgroups: input.setgroups }),
        seccomp: input.seccomp,
      }),
    ],
  };
}

function openRootSteps(link: string): Step[] {
  return [
    {
      name: "openat",
      args: [atCwd, link, named("O_PATH|O_CLOEXEC", openFlags.O_PATH | openFlags.O_CLOEXEC)],
      why: "the root of the container's process, which has no mount namespace of its own",
      result: "root",
    },
  ];
}

const enterRootSteps: Step[] = [
  { name: "fchdir", args: [resultOf("root")], why: "to the container's root" },
  { name: "chroot", args: ["."], why: "which becomes ours" },
  { name: "chdir", args: ["/"], why: "and where we are" },
];

function inheritedSteps({ terminal }: ProcessConfig): Step[] {
  return [
    ...(["stdin", "stdout", "stderr"] as const).map(
      (name, fd): Step => ({ name: "dup3", args: [inherited(name), fd, 0], why: `the caller's ${name}` }),
    ),
    ownSession,
    ...(terminal
      ? [
          {
            name: "ioctl",
            args: [0, named("TIOCSCTTY", ttyRequests.TIOCSCTTY), 0],
            why: "the pty becomes the session's terminal: ^C and hang-ups reach the process",
          } satisfies Step,
        ]
      : []),
  ];
}

function consoleSteps(process: ProcessConfig): Step[] {
  return [ownSession, ...openTerminal(atCwd, process), ...sendTerminal(inherited(consoleSocket))];
}

const ownSession: Step = { name: "setsid", args: [], why: "a session of its own" };

function preserved(input: ExecInput): Operand[] {
  return Array.from({ length: input.preserved ?? 0 }, (_, index) => inherited(preservedName(index)));
}

/** A process with the host's descriptors and the container's pids: nobody in the container may look into it. */
function notDumpable(): Step {
  return {
    name: "prctl",
    args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), 0, 0, 0, 0],
    why: "nobody in the container may look into this process (CVE-2016-9962)",
  };
}

function oomScoreSteps(score: number | undefined): Step[] {
  if (score === undefined) return [];
  return [
    {
      name: "openat",
      args: [atCwd, "/proc/self/oom_score_adj", named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC)],
      why: "as likely to be killed for want of memory as the container",
      result: "oom",
    },
    writeText(resultOf("oom"), String(score), "oom_score_adj"),
  ];
}
