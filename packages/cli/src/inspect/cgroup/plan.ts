import { type Hierarchy, hierarchyOf } from "./hierarchies.ts";
import { cpuPeriodUs, type WantedLimits } from "./limits.ts";

export interface LimitFile {
  file: string;
  value: string;
  /** Not every kernel has it: without swap accounting there is nothing to limit. */
  optional?: boolean;
}

/** One directory to make, for one or (v2) all controllers. */
export interface LimitGroup {
  hierarchy: Hierarchy;
  controllers: string[];
  files: LimitFile[];
}

export interface LimitPlan {
  groups: LimitGroup[];
  /** Controllers that no hierarchy here offers. */
  missing: string[];
}

/** Which cgroups to make and what to write into them. Pure. */
export function planLimits(limits: WantedLimits, hierarchies: readonly Hierarchy[]): LimitPlan {
  const plan: LimitPlan = { groups: [], missing: [] };
  const add = (controller: string, files: (version: 1 | 2) => LimitFile[]): void => {
    const hierarchy = hierarchyOf(controller, hierarchies);
    if (!hierarchy) {
      plan.missing.push(controller);
      return;
    }
    const known = plan.groups.find((one) => one.hierarchy === hierarchy);
    const group: LimitGroup = known ?? { hierarchy, controllers: [], files: [] };
    if (!known) plan.groups.push(group);
    group.controllers.push(controller);
    group.files.push(...files(hierarchy.version));
  };
  const { memory, cpu, pids } = limits;
  if (memory !== undefined) add("memory", (version) => memoryFiles(memory, version));
  if (cpu !== undefined) add("cpu", (version) => cpuFiles(Math.round(cpu * cpuPeriodUs), version));
  if (pids !== undefined) add("pids", () => [{ file: "pids.max", value: String(pids) }]);
  // v1 counts processor time in a controller of its own, often but not always mounted together with cpu.
  const accounting =
    cpu === undefined ? undefined : hierarchies.find((one) => one.version === 1 && one.controllers.includes("cpuacct"));
  if (accounting && plan.groups.every(({ hierarchy }) => hierarchy !== accounting) && usesV1(plan)) {
    plan.groups.push({ hierarchy: accounting, controllers: ["cpuacct"], files: [] });
  }
  return plan;
}

function usesV1({ groups }: LimitPlan): boolean {
  return groups.some(({ hierarchy, controllers }) => hierarchy.version === 1 && controllers.includes("cpu"));
}

/** Without swap the limit is one: with it the kernel would only move the rest to the disk. */
function memoryFiles(bytes: number, version: 1 | 2): LimitFile[] {
  if (version === 2) {
    return [
      { file: "memory.max", value: String(bytes) },
      { file: "memory.swap.max", value: "0", optional: true },
    ];
  }
  return [
    { file: "memory.limit_in_bytes", value: String(bytes) },
    { file: "memory.memsw.limit_in_bytes", value: String(bytes), optional: true },
  ];
}

function cpuFiles(quotaUs: number, version: 1 | 2): LimitFile[] {
  if (version === 2) return [{ file: "cpu.max", value: `${quotaUs} ${cpuPeriodUs}` }];
  return [
    { file: "cpu.cfs_period_us", value: String(cpuPeriodUs) },
    { file: "cpu.cfs_quota_us", value: String(quotaUs) },
  ];
}
