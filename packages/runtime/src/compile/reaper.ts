import { type Architecture, encodeProgram, named, prctlOperations, SIGCHLD, type Step, struct } from "@drydock/linux";
import { reportFd } from "./steps.ts";

const signalSetSize = 8;
const SIG_IGN = 1;
const SIGTERM = 15;
const SIGINT = 2;

/**
 * What a first process must do and nothing else: children that lost their parent are reaped (the kernel does it for a
 * process that ignores SIGCHLD), and SIGTERM or SIGINT ends the container. Runs in the image that set the container
 * up, without another execve.
 */
export function reaperSteps(): Step[] {
  const ignore = Buffer.alloc(32);
  ignore.writeBigUInt64LE(BigInt(SIG_IGN), 0);
  const set = Buffer.alloc(signalSetSize);
  set.writeBigUInt64LE((1n << BigInt(SIGTERM - 1)) | (1n << BigInt(SIGINT - 1)), 0);
  const signals = struct(set, "{SIGINT, SIGTERM}");
  return [
    { name: "prctl", args: [named("PR_SET_NAME", prctlOperations.PR_SET_NAME), "drydock-init"], why: "its name in ps" },
    {
      name: "prctl",
      args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), 1, 0, 0, 0],
      why: "set up: an ordinary process from here on",
    },
    {
      name: "rt_sigaction",
      args: [named("SIGCHLD", SIGCHLD), struct(ignore, "{SIG_IGN}"), 0, signalSetSize],
      why: "the kernel reaps for us",
    },
    {
      name: "rt_sigprocmask",
      args: [named("SIG_SETMASK", 2), signals, 0, signalSetSize],
      why: "wait for these signals instead of being interrupted by them",
    },
    { name: "close", args: [reportFd], why: "the container is up", onError: { ignore: "any" } },
    { name: "rt_sigtimedwait", args: [signals, 0, 0, signalSetSize], why: "until somebody ends the container" },
    {
      name: "exit_group",
      args: [0],
      why: "the kernel kills all others when the first process of a pid namespace ends",
    },
  ];
}

/** The same as an executable of its own, for whoever needs a first process that only reaps. x86-64 only. */
export function initExecutable(): Uint8Array {
  const arch: Architecture = "x64";
  return encodeProgram({ name: "init", steps: reaperSteps() }, { arch, inherit: { report: 3 } }).image;
}
