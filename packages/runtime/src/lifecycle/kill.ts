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
  if (options.all) signalAll(record, process, signal);
  else signalProcess(process, signal);
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
