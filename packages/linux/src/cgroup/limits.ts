import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { cpuSettings } from "./cpu.ts";
import { controllersOf } from "./hierarchy.ts";
import { memorySettings } from "./memory.ts";
import { pidsSettings } from "./pids.ts";
import type { CgroupLimits, CgroupSetting } from "./setting.ts";
import { unifiedSettings } from "./unified.ts";

/** Limits as values for files, in the order in which they are written. */
export function limitSettings(limits: CgroupLimits): CgroupSetting[] {
  return [
    ...(limits.memory ? memorySettings(limits.memory) : []),
    ...(limits.cpu ? cpuSettings(limits.cpu) : []),
    ...(limits.pids ? pidsSettings(limits.pids) : []),
    ...unifiedSettings(limits.unified ?? {}),
  ];
}

/** Writes the limits into a cgroup's files; gives a sentence for each that this host cannot enforce. */
export function applyLimits(cgroup: string, limits: CgroupLimits): string[] {
  const settings = limitSettings(limits);
  if (settings.length === 0) return [];
  const available = new Set([...controllersOf(cgroup), "cgroup"]);
  const notEnforced: string[] = [];
  for (const setting of settings) {
    if (available.has(setting.controller)) write(cgroup, setting);
    else notEnforced.push(notEnforcedSentence(setting, dirname(cgroup)));
  }
  return notEnforced;
}

function notEnforcedSentence(setting: CgroupSetting, parent: string): string {
  const offered = safeControllers(parent);
  const reason = offered.includes(setting.controller)
    ? `${parent} has processes of its own, so cgroup v2 does not let it pass the ${setting.controller} controller on`
    : `cgroup v2 at ${parent} has no ${setting.controller} controller (a cgroup v1 hierarchy holds it, or the kernel lacks it)`;
  return `${setting.what} is not in force: ${reason}`;
}

function safeControllers(cgroup: string): string[] {
  try {
    return controllersOf(cgroup);
  } catch {
    // The parent is outside of our cgroup namespace: then it offers nothing that we could ask for.
    return [];
  }
}

function write(cgroup: string, setting: CgroupSetting): void {
  try {
    writeFileSync(join(cgroup, setting.file), setting.value);
  } catch (error) {
    throw failure(
      "LINUX_CGROUP_FAILED",
      `${setting.what}: cannot write ${setting.value} to ${setting.file} of ${basename(cgroup)}: ${messageOf(error)}`,
      {
        details: { path: join(cgroup, setting.file), value: setting.value },
        cause: error,
      },
    );
  }
}
