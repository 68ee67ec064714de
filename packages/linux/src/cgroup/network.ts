import type { CgroupLimits, CgroupSetting } from "./setting.ts";

const refused = {
  refused: "marks and priorities of packets are of cgroup v1 alone",
  hint: "use tc or nftables, which can match a cgroup v2 path",
};

/** Controllers net_cls and net_prio of v1. */
export function networkSettings({ classID, priorities }: NonNullable<CgroupLimits["network"]>): CgroupSetting[] {
  return [
    ...(classID
      ? [
          {
            field: "network.classID",
            what: `network class ${classID}`,
            controller: "net_cls",
            unified: refused,
            legacy: [{ file: "net_cls.classid", value: String(classID) }],
          },
        ]
      : []),
    ...(priorities ?? []).map(({ name, priority }, index) => ({
      field: `network.priorities[${index}]`,
      what: `network priority of ${priority} at ${name}`,
      controller: "net_prio",
      unified: refused,
      legacy: [{ file: "net_prio.ifpriomap", value: `${name} ${priority}` }],
    })),
  ];
}
