import { readFileSync } from "node:fs";
import { capabilityNamesOf, readStatus } from "@drydock/linux";

export interface OomScore {
  oomScoreAdj: number;
  /** In words: what was asked for and cannot be had here. */
  notEnforced: string[];
}

/** The score that can be given instead of the wanted one. Pure. */
export function oomScoreWithin(lowest: number, wanted: number): OomScore {
  if (wanted >= lowest) return { oomScoreAdj: wanted, notEnforced: [] };
  const why = `oom_score_adj ${wanted}: below ${lowest} it needs CAP_SYS_RESOURCE, which this machine does not give`;
  return { oomScoreAdj: lowest, notEnforced: [why] };
}

/**
 * Without CAP_SYS_RESOURCE a process can give others only what it has itself, or more (proc_pid_oom_score_adj(5)), and runc refuses to start a
 * container that should have less. containerd runs with the rights that the agent has. Same rule as `restrict_oom_score_adj` of its CRI plugin.
 */
export function lowestOomScore(): number {
  const capabilities = capabilityNamesOf(readStatus("self").capabilities.effective);
  if (capabilities.includes("CAP_SYS_RESOURCE")) return -1000;
  return Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
}
