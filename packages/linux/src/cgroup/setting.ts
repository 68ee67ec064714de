/** One value for one file of a cgroup, made by a controller's file in this folder. */
export interface CgroupSetting {
  controller: string;
  /** File name in the cgroup's directory, e.g. memory.max. */
  file: string;
  value: string;
  /** In words, for the message that says it is not in force: "memory limit of 64 MiB". */
  what: string;
}

/** Limits of a cgroup, with the names and units of the OCI runtime-spec's linux.resources. */
export interface CgroupLimits {
  /** Bytes; swap is memory plus swap, as in the spec. -1: unlimited. */
  memory?: { limit?: number; reservation?: number; swap?: number };
  /** shares: v1's 2-262144, converted to v2's weight. quota and period: microseconds. */
  cpu?: { shares?: number; quota?: number; period?: number; cpus?: string; mems?: string };
  pids?: { limit: number };
  /** Files of cgroup v2 as they are, e.g. "memory.high": "max". */
  unified?: Record<string, string>;
}

export function bytesInWords(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value} ${units[unit]}`;
}
