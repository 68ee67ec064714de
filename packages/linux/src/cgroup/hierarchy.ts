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

/** Controllers that a cgroup may use (its parent passed them on); those of v1 hierarchies are missing. */
export function controllersOf(cgroup: string): string[] {
  return readFileSync(join(cgroup, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean);
}
