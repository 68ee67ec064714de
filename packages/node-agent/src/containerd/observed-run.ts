import { isoTime, type Process } from "@drydock/containerd";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import { type ExitNote, keyOf, type NotedContainer, noteOf } from "./container-record.ts";

/** What containerd says of a run: its record with our notes, and its task if it has one. */
export interface RunFacts {
  container: NotedContainer;
  task: Pick<Process, "status" | "exitStatus" | "exitedAt"> | undefined;
  /** The kernel killed a process of it for lack of memory; asked for when the task has ended. */
  oomKilled: boolean;
}

/** A run as the agent sees it; undefined for a container that is not one of ours. Pure. */
export function observedRun({ container, task, oomKilled }: RunFacts): ObservedContainer | undefined {
  const key = keyOf(container);
  const created = noteOf(container, "created");
  if (!key || !created) return undefined;
  const { stopSignal: _stopSignal, cgroup: _cgroup, ...known } = created;
  const base = { id: container.id, ...key, ...known };
  const failed = noteOf(container, "failed");
  if (failed) return { ...base, state: "exited", ...failed };
  const startedAt = noteOf(container, "started")?.startedAt;
  const exit = noteOf(container, "exit") ?? exitOf(task, oomKilled);
  if (exit) return { ...base, state: "exited", ...(startedAt ? { startedAt } : {}), ...ended(exit) };
  if (task && task.status !== "CREATED")
    return { ...base, state: "running", startedAt: startedAt ?? created.createdAt };
  if (task || startedAt === undefined) return { ...base, state: "created" };
  // It was started, and containerd knows nothing of it: its shim was killed, or the machine went down.
  return {
    ...base,
    state: "exited",
    startedAt,
    finishedAt: startedAt,
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was looked at",
  };
}

/** How a task ended that has not been deleted yet. */
export function exitOf(task: RunFacts["task"], oomKilled: boolean): ExitNote | undefined {
  if (task?.status !== "STOPPED") return undefined;
  return { code: task.exitStatus, finishedAt: isoTime(task.exitedAt) ?? new Date().toISOString(), oomKilled };
}

function ended({ code, finishedAt, oomKilled }: ExitNote) {
  const reason = oomKilled ? "OOMKilled" : code === 0 ? "Completed" : "Error";
  return { finishedAt, exitCode: code, reason };
}
