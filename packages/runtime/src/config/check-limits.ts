import { hasCode } from "@drydock/kit";
import { type CgroupHierarchies, refusedLimits } from "@drydock/linux";
import type { RuntimeConfig } from "../types.ts";
import { invalid } from "./check.ts";

/**
 * Limits that this host's version of their controller does not have are refused by name, before anything is made. Those
 * whose controller the host does not have at all do not stop a start: ContainerState.notEnforced tells them.
 */
export function checkLimits(config: RuntimeConfig, hierarchies: CgroupHierarchies): void {
  const { devices, ...limits } = config.linux?.resources ?? {};
  const [refused] = refusals(limits, hierarchies);
  if (!refused) return;
  const { field, reason } = refused.details as { field: string; reason?: string };
  throw invalid(`linux.resources.${field}`, reason ?? refused.message, refused.hint);
}

/** Also a combination of values that no version can make sense of. */
function refusals(...args: Parameters<typeof refusedLimits>): ReturnType<typeof refusedLimits> {
  try {
    return refusedLimits(...args);
  } catch (error) {
    if (hasCode(error, "LINUX_LIMIT_REFUSED")) return [error];
    throw error;
  }
}
