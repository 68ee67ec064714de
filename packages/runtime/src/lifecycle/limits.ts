import { systemClock } from "@drydock/kit";
import {
  type CgroupStats,
  cgroupEvents,
  cgroupProcesses,
  freezeCgroup,
  oomKills,
  readStats,
  updateResources,
} from "@drydock/linux";
import { validateResources } from "../config/validate-config.ts";
import { failure } from "../errors.ts";
import { type Observed, observe } from "../state/observe.ts";
import { cgroupOfRecord, writeRecord } from "../state/record.ts";
import type { ContainerStatus, LinuxResources } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";

/** What is done to a container by way of its cgroup; see Lifecycle. */

export async function pause(context: RuntimeContext, id: string): Promise<void> {
  const { cgroup } = inState(context, id, "running");
  freezeCgroup(cgroup, true);
  if (await becomes(cgroup, true)) return;
  freezeCgroup(cgroup, false);
  throw failure("RUNTIME_BAD_STATE", `container ${id} cannot be paused: a process of it does not stop`, {
    details: { id },
    hint: "one that waits for a device or a dead network file system stops when that answers",
  });
}

export async function resume(context: RuntimeContext, id: string): Promise<void> {
  const { cgroup } = inState(context, id, "paused");
  freezeCgroup(cgroup, false);
  await becomes(cgroup, false);
}

/** How long processes may take to stop, ms: they do so when they next return to user space. */
const freezeTimeoutMs = 10_000;

/** The kernel freezes one process after the other: cgroup.events tells when all are. */
async function becomes(cgroup: string, frozen: boolean): Promise<boolean> {
  const deadline = Date.now() + freezeTimeoutMs;
  for (let pauseMs = 1; cgroupEvents(cgroup)?.frozen !== frozen; pauseMs = Math.min(50, pauseMs * 2)) {
    if (Date.now() > deadline) return false;
    await systemClock.sleep(pauseMs);
  }
  return true;
}

export function update(context: RuntimeContext, id: string, resources: LinuxResources): void {
  const { directory, record } = inState(context, id, "running", "created", "paused");
  // What a program decides about devices stays: the same as in runc.
  const { devices, ...limits } = validateResources(resources);
  const changed = updateResources(cgroupOfRecord(record), limits, context.hierarchies);
  writeRecord(directory, { ...record, legacyCgroups: changed.legacy ?? {} });
}

export function stats(context: RuntimeContext, id: string): CgroupStats {
  return readStats(cgroupOfRecord(inState(context, id, "running", "created", "paused").record));
}

export function oomKillsOf(context: RuntimeContext, id: string): number {
  const { record } = observe(id, containerDirectory(context, id));
  const cgroup = record.legacyCgroups?.memory ?? record.cgroup;
  return cgroup === undefined ? 0 : oomKills(cgroup);
}

export function processes(context: RuntimeContext, id: string): number[] {
  const { record, process, state } = observe(id, containerDirectory(context, id));
  if (!process) throw wrongState(id, state.status, "running");
  return record.cgroup === undefined ? [process.pid] : cgroupProcesses(record.cgroup, { recursive: true });
}

function inState(
  context: RuntimeContext,
  id: string,
  ...wanted: ContainerStatus[]
): Observed & { directory: string; cgroup: string } {
  const directory = containerDirectory(context, id);
  const observed = observe(id, directory);
  const { status } = observed.state;
  if (!wanted.includes(status)) throw wrongState(id, status, wanted[0] ?? "running");
  const { cgroup } = observed.record;
  if (cgroup === undefined) {
    throw failure("RUNTIME_BAD_STATE", `container ${id} has no cgroup, which this is done by`, {
      details: { id, status },
      hint: "cgroups are root's, unless their directory was given to the user, and take a mounted cgroup v2 hierarchy",
    });
  }
  return { ...observed, directory, cgroup };
}

function wrongState(id: string, status: ContainerStatus, wanted: ContainerStatus) {
  return failure("RUNTIME_BAD_STATE", `container ${id} is ${status}, not ${wanted}`, { details: { id, status } });
}
