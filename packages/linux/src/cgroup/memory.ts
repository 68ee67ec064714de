import { failure } from "../errors.ts";
import { bytesInWords, type CgroupLimits, type CgroupSetting, type Expression } from "./setting.ts";

type MemoryLimits = NonNullable<CgroupLimits["memory"]>;

/** Controller memory (Documentation/admin-guide/cgroup-v2.rst, Memory, and cgroup-v1/memory.rst). 0 and undefined ask for nothing. */
export function memorySettings(memory: MemoryLimits): CgroupSetting[] {
  const { limit = 0, reservation = 0, swappiness } = memory;
  const settings: CgroupSetting[] = [];
  const add = (name: keyof MemoryLimits, what: string, unified: Expression, legacy: Expression): void => {
    settings.push({ field: `memory.${name}`, what, controller: "memory", unified, legacy });
  };
  const swap = swapSetting(memory);
  if (limit !== 0) {
    const what = limit < 0 ? "no memory limit" : `memory limit of ${bytesInWords(limit)}`;
    const file = { file: "memory.limit_in_bytes", value: String(limit) };
    add("limit", what, [{ file: "memory.max", value: bytes(limit) }], [file]);
  }
  if (swap) settings.push(swap);
  if (reservation !== 0) {
    const what = reservation < 0 ? "no memory reservation" : `memory reservation of ${bytesInWords(reservation)}`;
    const file = { file: "memory.soft_limit_in_bytes", value: String(reservation) };
    add("reservation", what, [{ file: "memory.low", value: bytes(reservation) }], [file]);
  }
  if (swappiness !== undefined && swappiness !== -1) {
    const gone = { refused: "cgroup v2 has no swappiness of a cgroup", hint: "set vm.swappiness on the host" };
    add("swappiness", `swappiness of ${swappiness}`, gone, [{ file: "memory.swappiness", value: String(swappiness) }]);
  }
  if (memory.disableOOMKiller) {
    const gone = { refused: "cgroup v2 cannot switch the OOM killer off", hint: "set process.oomScoreAdj to -1000" };
    add("disableOOMKiller", "no OOM killer", gone, [{ file: "memory.oom_control", value: "1" }]);
  }
  return settings;
}

/**
 * The spec's swap is memory plus swap, and so is v1's; v2 counts swap alone. Unlimited memory without a word about swap
 * means unlimited swap. As in runc.
 */
function swapSetting({ limit = 0, swap = 0 }: MemoryLimits): CgroupSetting | undefined {
  const both = limit === -1 && swap === 0 ? -1 : swap;
  if (both === 0) return undefined;
  if (both > 0 && limit === 0) throw badSwap("needs memory.limit: it is the sum of both");
  if (both > 0 && limit > 0 && both < limit) throw badSwap(`${both} is below memory.limit, and it is the sum of both`);
  const alone = both < 0 ? -1 : both - Math.max(0, limit);
  // Without swap in the kernel there is nothing to limit, and "no swap" and "any swap" are in force.
  const harmless = alone <= 0 ? ({ otherwise: "nothing" } as const) : {};
  return {
    field: "memory.swap",
    what: alone < 0 ? "no swap limit" : `swap limit of ${bytesInWords(alone)}`,
    controller: "memory",
    unified: [{ file: "memory.swap.max", value: bytes(alone), ...harmless }],
    legacy: [{ file: "memory.memsw.limit_in_bytes", value: String(both), ...harmless }],
  };
}

function badSwap(problem: string) {
  return failure("LINUX_LIMIT_REFUSED", `memory.swap: ${problem}`, { details: { field: "memory.swap" } });
}

function bytes(value: number): string {
  return value < 0 ? "max" : String(value);
}
