import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@drydock/kit";
import { findCgroup2 } from "@drydock/linux";

/** The directory of a cluster's cgroup, when it exists. */
export function clusterCgroup(name: string): string | undefined {
  try {
    const directory = join(findCgroup2(), name);
    return existsSync(directory) ? directory : undefined;
  } catch (error) {
    // No cgroup v2: then there is no cgroup of ours either.
    if (hasCode(error, "LINUX_NO_CGROUP2")) return undefined;
    throw error;
  }
}
