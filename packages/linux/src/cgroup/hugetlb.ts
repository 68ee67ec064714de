import { bytesInWords, type CgroupLimits, type CgroupSetting } from "./setting.ts";

/** Controller hugetlb: pages in use, and, where the kernel counts them apart, pages reserved by mmap. */
export function hugetlbSettings(limits: NonNullable<CgroupLimits["hugepageLimits"]>): CgroupSetting[] {
  return limits.map(({ pageSize, limit }, index) => {
    const files = (suffix: string): CgroupSetting["unified"] => [
      { file: `hugetlb.${pageSize}.${suffix}`, value: String(limit) },
      { file: `hugetlb.${pageSize}.rsvd.${suffix}`, value: String(limit), otherwise: "nothing" },
    ];
    return {
      field: `hugepageLimits[${index}]`,
      what: `limit of ${bytesInWords(limit)} in pages of ${pageSize}`,
      controller: "hugetlb",
      unified: files("max"),
      legacy: files("limit_in_bytes"),
    };
  });
}
