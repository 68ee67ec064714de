import { bytesInWords, type CgroupLimits, type CgroupSetting } from "./setting.ts";

/** Controller memory: memory.max, memory.low, memory.swap.max (Documentation/admin-guide/cgroup-v2.rst, Memory). */
export function memorySettings({ limit, reservation, swap }: NonNullable<CgroupLimits["memory"]>): CgroupSetting[] {
  const settings: CgroupSetting[] = [];
  const add = (file: string, bytes: number, what: string): void => {
    settings.push({ controller: "memory", file, value: bytes < 0 ? "max" : String(bytes), what });
  };
  if (limit !== undefined)
    add("memory.max", limit, limit < 0 ? "no memory limit" : `memory limit of ${bytesInWords(limit)}`);
  if (reservation !== undefined) add("memory.low", reservation, `memory reservation of ${bytesInWords(reservation)}`);
  if (swap !== undefined) {
    // The spec's swap counts memory too; v2 counts swap alone.
    const alone = swap < 0 ? -1 : swap - Math.max(0, limit ?? 0);
    add("memory.swap.max", alone, alone < 0 ? "no swap limit" : `swap limit of ${bytesInWords(alone)}`);
  }
  return settings;
}
