import { existsSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import {
  cgroupEvents,
  isProcessAlive,
  killCgroup,
  type ProcessIdentity,
  readStat,
  removeCgroup,
  removeEmptyParents,
  removeLegacyCgroups,
  signalNumbers,
  signalProcess,
} from "@drydock/linux";
import { failure } from "../errors.ts";
import { runHooks } from "../hooks/run-hooks.ts";
import { observe } from "../state/observe.ts";
import { type ContainerRecord, cgroupOfRecord, readRecord } from "../state/record.ts";
import { readShimPid, shimEnded, shimState } from "../state/shim-files.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { signalAll } from "./kill.ts";

/** How long killed processes may take to leave their cgroup, ms: one in uninterruptible sleep may take for ever. */
const leaveTimeoutMs = 10_000;

/** Removes a container; see Runtime.delete. */
export async function deleteContainer(
  context: RuntimeContext,
  id: string,
  options: { force?: boolean },
): Promise<void> {
  const directory = containerDirectory(context, id);
  const record = readRecord(directory);
  if (!record) {
    // A start that was interrupted before it wrote anything down.
    if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
    return;
  }
  const { state, process } = observe(id, directory);
  if (process && !options.force) {
    throw failure("RUNTIME_BAD_STATE", `container ${id} is ${state.status}, not stopped`, {
      details: { id, status: state.status },
      hint: "kill it first, or delete it with force",
    });
  }
  if (process) signalAll(record, process, signalNumbers.SIGKILL);
  else if (state.status === "creating" && options.force) endShim(directory);
  await shimEnded(directory);
  if (process) await processEnded(process);
  await Promise.allSettled(context.waiters.get(id) ?? []);
  await removeContainer(context, directory, record);
  await runHooks(context, { kind: "poststop", record, status: "stopped", pid: 0 });
}

/** Ends and removes what a failed start has left. */
export async function discard(context: RuntimeContext, directory: string, record: ContainerRecord): Promise<void> {
  const { process } = readRecord(directory) ? observe(record.id, directory) : {};
  if (process) signalAll(record, process, signalNumbers.SIGKILL);
  await shimEnded(directory);
  if (process) await processEnded(process);
  await removeContainer(context, directory, record);
  // Those that ran before may rely on it.
  if (process) await runHooks(context, { kind: "poststop", record, status: "stopped", pid: 0 });
}

/** One that was killed and is the child of somebody else: there is nothing to wait for but its disappearance. */
async function processEnded(process: ProcessIdentity): Promise<void> {
  const deadline = Date.now() + leaveTimeoutMs;
  for (let pauseMs = 1; isProcessAlive(process) && Date.now() < deadline; pauseMs = Math.min(50, pauseMs * 2)) {
    await delay(pauseMs);
  }
}

/** A shim that has not got as far as a container may be stuck, say in opening a file on a dead network file system. */
function endShim(directory: string): void {
  if (shimState(directory) !== "alive") return;
  const pid = readShimPid(directory);
  const stat = pid === undefined ? undefined : readStat(pid);
  if (stat) signalProcess({ pid: stat.pid, startTime: stat.startTime }, signalNumbers.SIGKILL);
}

/** The cgroup, with whatever still runs in it, and the directory. */
export async function removeContainer(
  context: RuntimeContext,
  directory: string,
  record: ContainerRecord,
): Promise<void> {
  if (record.cgroup !== undefined) await emptyAndRemoveCgroup(record.cgroup, record.cgroupRoot);
  removeLegacyCgroups(cgroupOfRecord(record), context.hierarchies.legacy);
  rmSync(directory, { recursive: true, force: true });
}

async function emptyAndRemoveCgroup(cgroup: string, root: string | undefined): Promise<void> {
  const deadline = Date.now() + leaveTimeoutMs;
  // A pid namespace takes its processes along; without one, or after an exec, some may have outlived the first process.
  for (let pauseMs = 1; cgroupEvents(cgroup)?.populated; pauseMs = Math.min(50, pauseMs * 2)) {
    killCgroup(cgroup);
    if (Date.now() > deadline) break;
    await delay(pauseMs);
  }
  removeCgroup(cgroup);
  if (root !== undefined) removeEmptyParents(root, cgroup);
}
