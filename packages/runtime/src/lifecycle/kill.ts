import {
  cgroupProcesses,
  killCgroup,
  lastSignal,
  type ProcessIdentity,
  readStat,
  signalNumbers,
  signalProcess,
} from "@drydock/linux";
import { failure } from "../errors.ts";
import { observe } from "../state/observe.ts";
import type { ContainerRecord } from "../state/record.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";

/** Sends a signal; see Runtime.kill. */
export function kill(context: RuntimeContext, id: string, signal: number, options: { all?: boolean }): void {
  if (!Number.isInteger(signal) || signal < 1 || signal > lastSignal) {
    throw failure("RUNTIME_INVALID_CONFIG", `signal: ${signal} is not a signal`, {
      details: { path: "signal" },
      hint: `1 to ${lastSignal}`,
    });
  }
  const { state, record, process } = observe(id, containerDirectory(context, id));
  if (!process) {
    // In the words of runc: containerd takes them for "it has ended already".
    throw failure("RUNTIME_BAD_STATE", `container not running: ${id} is ${state.status}`, {
      details: { id, status: state.status },
    });
  }
  const sent = state.status === "created" ? effectOnCreated(signal) : signal;
  if (options.all) signalAll(record, process, sent);
  else signalProcess(process, sent);
}

/** Signals that do not end a process that has no handler for them (signal(7)). */
const harmless: ReadonlySet<number> = new Set(
  (["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"] as const).map(
    (name) => signalNumbers[name],
  ),
);

/**
 * A created container has no code of its own yet that could handle a signal, so it has the default effect. As the first
 * process of a pid namespace it would be spared by the kernel: only SIGKILL ends it (pid_namespaces(7)).
 */
function effectOnCreated(signal: number): number {
  return harmless.has(signal) ? signal : signalNumbers.SIGKILL;
}

/** Every process of the container: with SIGKILL in one write to cgroup.kill, else one after the other. */
export function signalAll(record: ContainerRecord, process: ProcessIdentity | undefined, signal: number): void {
  if (record.cgroup !== undefined && !(signal === signalNumbers.SIGKILL && killCgroup(record.cgroup))) {
    for (const pid of cgroupProcesses(record.cgroup, { recursive: true })) {
      const stat = pid === process?.pid ? undefined : readStat(pid);
      if (stat) signalProcess({ pid, startTime: stat.startTime }, signal);
    }
  }
  // Also where there is no cgroup: with the first process of a pid namespace all others go.
  if (process) signalProcess(process, signal);
}
