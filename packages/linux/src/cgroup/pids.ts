import type { CgroupLimits, CgroupSetting } from "./setting.ts";

/** Controller pids: pids.max in both versions. 0 and less mean no limit. */
export function pidsSettings({ limit }: NonNullable<CgroupLimits["pids"]>): CgroupSetting[] {
  const unlimited = limit <= 0;
  const what = unlimited ? "no limit of processes" : `limit of ${limit} processes`;
  const files = [{ file: "pids.max", value: unlimited ? "max" : String(limit) }];
  return [{ field: "pids.limit", what, controller: "pids", unified: files, legacy: files }];
}
