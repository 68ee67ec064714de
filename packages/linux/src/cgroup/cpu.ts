import type { CgroupLimits, CgroupSetting } from "./setting.ts";

const defaultPeriodUs = 100_000;

/** v1's shares (2 to 262144, default 1024) as v2's weight (1 to 10000, default 100), as all OCI runtimes convert it. */
export function cpuWeight(shares: number): number {
  const clamped = Math.min(262_144, Math.max(2, shares));
  return 1 + Math.floor(((clamped - 2) * 9999) / 262_142);
}

/** Controllers cpu and cpuset: cpu.weight, cpu.max, cpuset.cpus, cpuset.mems. */
export function cpuSettings({ shares, quota, period, cpus, mems }: NonNullable<CgroupLimits["cpu"]>): CgroupSetting[] {
  const settings: CgroupSetting[] = [];
  if (shares) {
    const weight = cpuWeight(shares);
    settings.push({ controller: "cpu", file: "cpu.weight", value: String(weight), what: `cpu weight of ${weight}` });
  }
  if (quota !== undefined || period !== undefined) {
    const length = period ?? defaultPeriodUs;
    const unlimited = quota === undefined || quota <= 0;
    const what = unlimited ? "no cpu limit" : `cpu limit of ${Number((quota / length).toFixed(3))} cores`;
    settings.push({ controller: "cpu", file: "cpu.max", value: `${unlimited ? "max" : quota} ${length}`, what });
  }
  if (cpus)
    settings.push({ controller: "cpuset", file: "cpuset.cpus", value: cpus, what: `use of the cpus ${cpus} only` });
  if (mems)
    settings.push({
      controller: "cpuset",
      file: "cpuset.mems",
      value: mems,
      what: `use of the memory nodes ${mems} only`,
    });
  return settings;
}
