import { readCgroupKeys, readCgroupNumber } from "./cgroup-file.ts";
import type { LimitedGroups } from "./limited-group.ts";
import type { WantedLimits } from "./limits.ts";

/** What limits did to a command. Each part is there when its limit was given; a number that the kernel does not count is undefined. */
export interface LimitOutcome {
  /** From start to end. */
  wallSeconds: number;
  memory?: {
    limitBytes: number;
    peakBytes: number | undefined;
    /** How often the limit was met and memory had to be taken back from files and the like. */
    reclaims: number;
    /** Processes that the kernel killed because nothing was left to take back. */
    oomKills: number;
  };
  cpu?: {
    limitCpus: number;
    usedSeconds: number | undefined;
    /** Periods of 100 ms in which something wanted to run, and those of them in which it was held back. */
    periods: number;
    throttledPeriods: number;
    /** Time for which processors were held back, all of them added up. */
    throttledSeconds: number;
  };
  pids?: { limit: number; peak: number | undefined; refusedForks: number };
}

/** Reads the counters before the cgroups go. */
export function readOutcome(limits: WantedLimits, groups: LimitedGroups, wallSeconds: number): LimitOutcome {
  const { memory, cpu, pids } = limits;
  const at = (controller: string): string => groups.directoryOf(controller) ?? "";
  return {
    wallSeconds,
    ...(memory === undefined ? {} : { memory: { limitBytes: memory, ...memoryCounters(at("memory")) } }),
    ...(cpu === undefined ? {} : { cpu: { limitCpus: cpu, ...cpuCounters(at("cpu"), at("cpuacct")) } }),
    ...(pids === undefined ? {} : { pids: { limit: pids, ...pidsCounters(at("pids")) } }),
  };
}

/** v2 has its names first, v1's are the second ones. */
function memoryCounters(directory: string) {
  const events = readCgroupKeys(directory, "memory.events");
  return {
    peakBytes: readCgroupNumber(directory, "memory.peak") ?? readCgroupNumber(directory, "memory.max_usage_in_bytes"),
    reclaims: events.get("max") ?? readCgroupNumber(directory, "memory.failcnt") ?? 0,
    oomKills: events.get("oom_kill") ?? readCgroupKeys(directory, "memory.oom_control").get("oom_kill") ?? 0,
  };
}

function cpuCounters(directory: string, accounting: string) {
  const stat = readCgroupKeys(directory, "cpu.stat");
  const usedUs = stat.get("usage_usec");
  const usedNs = readCgroupNumber(accounting, "cpuacct.usage") ?? readCgroupNumber(directory, "cpuacct.usage");
  const throttledUs = stat.get("throttled_usec") ?? (stat.get("throttled_time") ?? 0) / 1000;
  return {
    usedSeconds: usedUs === undefined ? (usedNs === undefined ? undefined : usedNs / 1e9) : usedUs / 1e6,
    periods: stat.get("nr_periods") ?? 0,
    throttledPeriods: stat.get("nr_throttled") ?? 0,
    throttledSeconds: throttledUs / 1e6,
  };
}

function pidsCounters(directory: string) {
  return {
    peak: readCgroupNumber(directory, "pids.peak"),
    refusedForks: readCgroupKeys(directory, "pids.events").get("max") ?? 0,
  };
}
