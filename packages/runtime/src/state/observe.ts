import { statSync } from "node:fs";
import { cgroupEvents, isProcessAlive, oomKills, type ProcessIdentity, readStat } from "@drydock/linux";
import { failure } from "../errors.ts";
import type { ContainerState, ContainerStatus, ExitStatus } from "../types.ts";
import { type ContainerRecord, readRecord } from "./record.ts";
import { readExit, readPid, shimState, waitsForStart } from "./shim-files.ts";

/** Exit code when nobody saw the end: the shim was killed. The same number as in containerd. */
const unknownExitCode = 255;

export interface Observed {
  record: ContainerRecord;
  state: ContainerState;
  /** The first process, while it runs. */
  process?: ProcessIdentity;
}

/** What a container is right now, from its files, its shim and the kernel. Throws RUNTIME_NOT_FOUND. */
export function observe(id: string, directory: string): Observed {
  const record = readRecord(directory);
  if (!record) throw notFound(id);
  const base = rememberedState(record);
  // In this order: a shim that ends between the two looks has written its file.
  const shim = shimState(directory);
  const exit = readExit(directory);
  if (exit) return { record, state: stopped(base, { ...exit, oomKilled: wasOomKilled(record) }) };
  const waiting = waitsForStart(directory);
  const process = runningProcess(directory, record, shim === "alive" || waiting);
  if (process) {
    const state: ContainerState = {
      ...base,
      status: waiting ? statusBeforeStart(record) : statusOfRunning(record),
      pid: process.pid,
      pidStartTime: process.startTime,
    };
    return { record, state, process };
  }
  if (shim === "gone") {
    const finishedAt = statSync(directory).mtime.toISOString();
    return { record, state: stopped(base, { code: unknownExitCode, oomKilled: wasOomKilled(record), finishedAt }) };
  }
  return { record, state: { ...base, status: "creating" } };
}

/** Of a container that has just become its own code: nothing needs to be looked up. */
export function runningState(record: ContainerRecord, { pid, startTime }: ProcessIdentity): ContainerState {
  return { ...rememberedState(record), status: "running", pid, pidStartTime: startTime };
}

function rememberedState(record: ContainerRecord): Omit<ContainerState, "status"> {
  return {
    id: record.id,
    ociVersion: record.ociVersion,
    created: record.created,
    ...(record.started ? { started: record.started } : {}),
    ...(record.bundle === undefined ? {} : { bundle: record.bundle }),
    rootfs: record.rootfs,
    annotations: record.annotations,
    notEnforced: record.notEnforced,
  };
}

function statusBeforeStart(record: ContainerRecord): ContainerStatus {
  return record.pid === undefined ? "creating" : "created";
}

function statusOfRunning(record: ContainerRecord): ContainerStatus {
  return record.cgroup !== undefined && cgroupEvents(record.cgroup)?.frozen ? "paused" : "running";
}

function runningProcess(directory: string, record: ContainerRecord, vouched: boolean): ProcessIdentity | undefined {
  if (vouched) {
    // Its parent has not reaped it, or it holds a FIFO open: the pid is still its own, zombie or not.
    const pid = readPid(directory);
    if (pid === undefined) return undefined;
    // Without an entry in /proc it has just been reaped and the exit file is being written.
    return { pid, startTime: readStat(pid)?.startTime ?? record.pidStartTime ?? 0 };
  }
  if (record.pid === undefined || record.pidStartTime === undefined) return undefined;
  const remembered = { pid: record.pid, startTime: record.pidStartTime };
  return isProcessAlive(remembered) ? remembered : undefined;
}

function stopped(base: Omit<ContainerState, "status">, exit: ExitStatus): ContainerState {
  return { ...base, status: "stopped", finished: exit.finishedAt, exit };
}

function wasOomKilled(record: ContainerRecord): boolean {
  const cgroup = record.legacyCgroups?.memory ?? record.cgroup;
  return cgroup !== undefined && oomKills(cgroup) > 0;
}

/** In the words of runc, which containerd and others look for in what a runtime says. */
export function notFound(id: string) {
  return failure("RUNTIME_NOT_FOUND", `container does not exist: ${id}`, { details: { id } });
}
