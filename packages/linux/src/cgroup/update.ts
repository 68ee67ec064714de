import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { cgroupProcesses } from "./cgroup.ts";
import type { ContainerCgroup } from "./container-cgroup.ts";
import { noLimit, readFile, readNumber } from "./files.ts";
import { type CgroupHierarchies, findHierarchies } from "./hierarchy.ts";
import { enforceLimits } from "./limits.ts";
import type { CgroupLimits } from "./setting.ts";

/** Processes may fork while they are moved: as often as this, new ones are looked for. */
const moveAttempts = 10;

/**
 * Changes the limits of a container while it runs; what `limits` does not name stays. Gives the container's cgroup as it
 * is afterwards: a first limit of a cgroup v1 controller adds a directory, which the caller writes into its record.
 * Throws LINUX_LIMIT_REFUSED for what this host cannot put into force, and LINUX_CGROUP_FAILED when the kernel refuses a
 * value.
 */
export function updateResources(
  cgroup: ContainerCgroup,
  limits: CgroupLimits,
  hierarchies: CgroupHierarchies = findHierarchies(),
): ContainerCgroup {
  checkUsage(cgroup, limits);
  const path = cgroupPath(cgroup, hierarchies);
  const applied = enforceLimits({ cgroup, hierarchies, path }, withCurrent(cgroup, limits));
  for (const [controller, directory] of Object.entries(applied.cgroup.legacy ?? {})) {
    if (cgroup.legacy?.[controller] === undefined) moveProcesses(cgroup, directory);
  }
  if (applied.notEnforced.length > 0) throw failure("LINUX_LIMIT_REFUSED", applied.notEnforced.join("; "));
  return applied.cgroup;
}

/** memory.checkBeforeUpdate: rather no change than an OOM kill at once. */
function checkUsage({ unified, legacy }: ContainerCgroup, { memory }: CgroupLimits): void {
  const limit = memory?.limit ?? 0;
  if (!memory?.checkBeforeUpdate || limit <= 0) return;
  const file =
    legacy?.memory === undefined ? join(unified ?? "", "memory.current") : join(legacy.memory, "memory.usage_in_bytes");
  const usage = readNumber(file) ?? 0;
  if (limit >= usage) return;
  throw failure("LINUX_LIMIT_REFUSED", `memory.limit: ${limit} is below the ${usage} bytes in use`, {
    details: { field: "memory.limit" },
    hint: "choose a higher limit, or leave out checkBeforeUpdate",
  });
}

/** Relative path of a container's cgroup, the same in all hierarchies. */
function cgroupPath({ unified, legacy }: ContainerCgroup, hierarchies: CgroupHierarchies): string {
  if (unified !== undefined && hierarchies.unified !== undefined) return relative(hierarchies.unified, unified);
  for (const [controller, directory] of Object.entries(legacy ?? {})) {
    const mount = hierarchies.legacy[controller];
    if (mount !== undefined) return relative(mount, directory);
  }
  throw failure("LINUX_NO_CGROUP2", "the container has no cgroup: no cgroup v2 hierarchy was mounted when it was made");
}

/** Values that are written together with others: the others as they are. */
function withCurrent(cgroup: ContainerCgroup, limits: CgroupLimits): CgroupLimits {
  const { memory, cpu } = limits;
  return {
    ...limits,
    ...(memory?.swap && !memory.limit ? { memory: { ...memory, limit: currentMemory(cgroup) } } : {}),
    ...(cpu && !cpu.quota !== !cpu.period ? { cpu: { ...cpu, ...otherHalf(cgroup, cpu) } } : {}),
  };
}

function currentMemory({ unified, legacy }: ContainerCgroup): number {
  const file =
    legacy?.memory === undefined ? join(unified ?? "", "memory.max") : join(legacy.memory, "memory.limit_in_bytes");
  const limit = readNumber(file) ?? noLimit;
  // v1 says "none" as the largest number of whole pages.
  return limit >= 2 ** 62 ? -1 : limit;
}

/** cpu.max is quota and period: the one that stays. v1 has a file for each. */
function otherHalf({ unified, legacy }: ContainerCgroup, cpu: { quota?: number }): { quota?: number; period?: number } {
  const text = legacy?.cpu === undefined && unified !== undefined ? readFile(join(unified, "cpu.max")) : undefined;
  if (text === undefined) return {};
  const [quota, period] = text.trim().split(" ");
  return cpu.quota ? { period: Number(period) } : { quota: quota === "max" ? -1 : Number(quota) };
}

/** Brings all processes of a container into one more directory; their children are born there. */
function moveProcesses({ unified, legacy }: ContainerCgroup, directory: string): void {
  const from = unified ?? Object.values(legacy ?? {})[0];
  if (from === undefined) return;
  const moved = new Set<number>();
  for (let attempt = 0; attempt < moveAttempts; attempt++) {
    const rest = cgroupProcesses(from, { recursive: true }).filter((pid) => !moved.has(pid));
    if (rest.length === 0) return;
    for (const pid of rest) {
      moved.add(pid);
      try {
        writeFileSync(join(directory, "cgroup.procs"), String(pid));
      } catch (error) {
        // It has ended.
        if (errnoOf(error) !== "ESRCH") throw error;
      }
    }
  }
}
