import type { CgroupLimits, CgroupSetting, Expression } from "./setting.ts";

type CpuLimits = NonNullable<CgroupLimits["cpu"]>;

const defaultPeriodUs = 100_000;

/** v1's shares (2 to 262144, default 1024) as v2's weight (1 to 10000, default 100), as in runc 1.1 and the Kubernetes CRI. */
export function cpuWeight(shares: number): number {
  const clamped = Math.min(262_144, Math.max(2, shares));
  return 1 + Math.floor(((clamped - 2) * 9999) / 262_142);
}

/** Controller cpu (cgroup-v2.rst, CPU; cgroup-v1: scheduler/sched-bwc.rst, sched-rt-group.rst). 0 and undefined ask for nothing. */
export function cpuSettings(cpu: CpuLimits): CgroupSetting[] {
  const settings: CgroupSetting[] = [];
  const add = (name: keyof CpuLimits, what: string, unified: Expression, legacy: Expression): void => {
    settings.push({ field: `cpu.${name}`, what, controller: "cpu", unified, legacy });
  };
  if (cpu.idle !== undefined) {
    const file = { file: "cpu.idle", value: String(cpu.idle) };
    add("idle", cpu.idle ? "cpu time that nobody else wants" : "cpu time like anybody", [file], [file]);
  }
  // The kernel takes no weight for who is idle.
  if (cpu.shares && !cpu.idle) {
    const weight = cpuWeight(cpu.shares);
    const shares = [{ file: "cpu.shares", value: String(cpu.shares) }];
    add("shares", `cpu weight of ${weight}`, [{ file: "cpu.weight", value: String(weight) }], shares);
  }
  settings.push(...bandwidth(cpu));
  if (cpu.burst !== undefined) {
    const value = String(cpu.burst);
    const what = `cpu burst of ${cpu.burst} us`;
    add("burst", what, [{ file: "cpu.max.burst", value }], [{ file: "cpu.cfs_burst_us", value }]);
  }
  const refused = { refused: "cgroup v2 has no budget for real-time processes", hint: "remove it" };
  for (const [name, file] of [
    ["realtimePeriod", "cpu.rt_period_us"],
    ["realtimeRuntime", "cpu.rt_runtime_us"],
  ] as const) {
    const value = cpu[name];
    if (value) add(name, `real-time budget (${name} ${value} us)`, refused, [{ file, value: String(value) }]);
  }
  return settings;
}

function bandwidth({ quota = 0, period = 0 }: CpuLimits): CgroupSetting[] {
  if (quota === 0 && period === 0) return [];
  const length = period || defaultPeriodUs;
  const what = quota > 0 ? `cpu limit of ${Number((quota / length).toFixed(3))} cores` : "no cpu limit";
  return [
    {
      field: quota === 0 ? "cpu.period" : "cpu.quota",
      what,
      controller: "cpu",
      unified: [{ file: "cpu.max", value: `${quota > 0 ? quota : "max"} ${length}` }],
      legacy: [
        ...(period ? [{ file: "cpu.cfs_period_us", value: String(period) }] : []),
        ...(quota ? [{ file: "cpu.cfs_quota_us", value: String(quota > 0 ? quota : -1) }] : []),
      ],
    },
  ];
}
