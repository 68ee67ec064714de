import type { CgroupSetting } from "./setting.ts";

/** Files named by the user: the part before the first dot is the controller; `cgroup.*` belongs to every cgroup. */
export function unifiedSettings(files: Record<string, string>): CgroupSetting[] {
  return Object.entries(files).map(([file, value]) => ({
    field: `unified["${file}"]`,
    what: `${file} = ${value}`,
    controller: file.slice(0, Math.max(0, file.indexOf("."))),
    unified: [{ file, value }],
    legacy: { refused: "it is a file of cgroup v2, and this host gives that controller to cgroup v1" },
  }));
}
