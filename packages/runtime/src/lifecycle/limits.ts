import { type CgroupStats, cgroupProcesses, freezeCgroup, readStats, updateResources } from "@drydock/linux";
import { validateResources } from "../config/validate-config.ts";
import { failure } from "../errors.ts";
import { type Observed, observe } from "../state/observe.ts";
import { writeRecord } from "../state/record.ts";
import type { ContainerStatus, LinuxResources } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";

/** What is done to a container by way of its cgroup; see Lifecycle. */

export function pause(context: RuntimeContext, id: string): void {
  const { cgroup } = inState(context, id, "running");
  freezeCgroup(cgroup, true);
}

export function resume(context: RuntimeContext, id: string): void {
  const { cgroup } = inState(context, id, "paused");
  freezeCgroup(cgroup, false);
}

export function update(context: RuntimeContext, id: string, resources: LinuxResources): void {
  const { directory, record, cgroup } = inState(context, id, "running", "created", "paused");
  const changed = updateResources({ unified: cgroup }, validateResources(resources));
  writeRecord(directory, { ...record, ...(changed.unified === undefined ? {} : { cgroup: changed.unified }) });
}

export function stats(context: RuntimeContext, id: string): CgroupStats {
  return readStats({ unified: inState(context, id, "running", "created", "paused").cgroup });
}

export function processes(context: RuntimeContext, id: string): number[] {
  return cgroupProcesses(inState(context, id, "running", "created", "paused").cgroup, { recursive: true });
}

function inState(
  context: RuntimeContext,
  id: string,
  ...wanted: ContainerStatus[]
): Observed & { directory: string; cgroup: string } {
  const directory = containerDirectory(context, id);
  const observed = observe(id, directory);
  const { status } = observed.state;
  if (!wanted.includes(status)) {
    throw failure("RUNTIME_BAD_STATE", `container ${id} is ${status}, not ${wanted[0]}`, { details: { id, status } });
  }
  const { cgroup } = observed.record;
  if (cgroup === undefined) {
    throw failure("RUNTIME_BAD_STATE", `container ${id} has no cgroup: no cgroup v2 hierarchy is mounted`, {
      details: { id, status },
      hint: "mount one, e.g. on /sys/fs/cgroup/unified",
    });
  }
  return { ...observed, directory, cgroup };
}
