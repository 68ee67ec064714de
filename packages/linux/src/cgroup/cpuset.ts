import type { CgroupLimits, CgroupSetting } from "./setting.ts";

/** Controller cpuset: on which cpus, and with the memory of which nodes. The same files in both versions. */
export function cpusetSettings({ cpus, mems }: NonNullable<CgroupLimits["cpu"]>): CgroupSetting[] {
  const setting = (field: string, file: string, value: string, what: string): CgroupSetting => ({
    field,
    what,
    controller: "cpuset",
    unified: [{ file, value }],
    legacy: [{ file, value }],
  });
  return [
    ...(cpus ? [setting("cpu.cpus", "cpuset.cpus", cpus, `use of the cpus ${cpus} only`)] : []),
    ...(mems ? [setting("cpu.mems", "cpuset.mems", mems, `use of the memory nodes ${mems} only`)] : []),
  ];
}
