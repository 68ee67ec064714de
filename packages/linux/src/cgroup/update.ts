import { failure } from "../errors.ts";
import type { ContainerCgroup } from "./container-cgroup.ts";
import { applyLimits } from "./limits.ts";
import type { CgroupLimits } from "./setting.ts";

/**
 * Changes the limits of a container while it runs; what `limits` does not name stays. Gives the container's cgroup as it
 * is afterwards: a first limit of a cgroup v1 controller adds a directory, which the caller writes into its record.
 * Throws LINUX_LIMIT_REFUSED for what this host cannot put into force, before anything is changed, and
 * LINUX_CGROUP_FAILED when the kernel refuses a value.
 */
export function updateResources(cgroup: ContainerCgroup, limits: CgroupLimits): ContainerCgroup {
  const lost = applyLimits(cgroup.unified ?? "", limits);
  if (lost[0] !== undefined) throw failure("LINUX_LIMIT_REFUSED", lost.join("; "));
  return cgroup;
}
