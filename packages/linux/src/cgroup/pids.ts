import type { CgroupLimits, CgroupSetting } from "./setting.ts";

/** Controller pids: pids.max. 0 and less mean no limit. */
export function pidsSettings({ limit }: NonNullable<CgroupLimits["pids"]>): CgroupSetting[] {
  const unlimited = limit <= 0;
  const what = unlimited ? "no limit of processes" : `limit of ${limit} processes`;
  return [{ controller: "pids", file: "pids.max", value: unlimited ? "max" : String(limit), what }];
}
