import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../errors.ts";
import { type Mount, readMountinfo } from "../procfs/mountinfo.ts";

/** Where cgroup v2 is mounted: /sys/fs/cgroup, or beside v1 at /sys/fs/cgroup/unified. Throws LINUX_NO_CGROUP2. */
export function findCgroup2(mounts: readonly Mount[] = readMountinfo()): string {
  const mount = mounts.findLast((one) => one.type === "cgroup2");
  if (mount) return mount.mountPoint;
  throw failure("LINUX_NO_CGROUP2", "no cgroup v2 hierarchy is mounted", {
    hint: "mount one: mkdir -p /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup",
  });
}

/** The hierarchies of this mount namespace. A controller is in one of them at a time. */
export interface CgroupHierarchies {
  /** Where cgroup v2 is mounted. */
  unified?: string;
  /** Where the cgroup v1 hierarchy of a controller is mounted, by v1's names. */
  legacy: Readonly<Record<string, string>>;
}

export function findHierarchies(mounts: readonly Mount[] = readMountinfo()): CgroupHierarchies {
  const unified = mounts.findLast(({ type }) => type === "cgroup2")?.mountPoint;
  const legacy: Record<string, string> = {};
  for (const { type, mountPoint, superOptions } of mounts) {
    if (type !== "cgroup") continue;
    for (const option of superOptions) if (legacyControllers.has(option)) legacy[option] = mountPoint;
  }
  return { ...(unified === undefined ? {} : { unified }), legacy };
}

/** Among a mount's options these name its controllers (cgroups(7)). */
const legacyControllers = new Set(
  "blkio cpu cpuacct cpuset devices hugetlb memory net_cls net_prio pids rdma".split(" "),
);

/** Controllers that a cgroup may use (its parent passed them on); those of v1 hierarchies are missing. */
export function controllersOf(cgroup: string): string[] {
  return readFileSync(join(cgroup, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean);
}
