import type { CgroupLimits, CgroupSetting } from "./setting.ts";

/** Controller rdma: handles and objects of each device; the same file in both versions. */
export function rdmaSettings(limits: NonNullable<CgroupLimits["rdma"]>): CgroupSetting[] {
  return Object.entries(limits).flatMap(([device, { hcaHandles, hcaObjects }]) => {
    const parts = [
      ...(hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`]),
      ...(hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`]),
    ];
    if (parts.length === 0) return [];
    const files = [{ file: "rdma.max", value: `${device} ${parts.join(" ")}` }];
    const what = `RDMA limit of ${parts.join(" ")} at ${device}`;
    return [{ field: `rdma["${device}"]`, what, controller: "rdma", unified: files, legacy: files }];
  });
}
