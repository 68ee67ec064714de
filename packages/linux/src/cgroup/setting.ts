import type { DeviceRule } from "../bpf/device-rules.ts";

/**
 * One limit as a configuration asks for it, with what it means for either version of cgroups. Made by a controller's
 * file in this folder; which version counts is decided where it is written (limits.ts).
 */
export interface CgroupSetting {
  /** Path below linux.resources, e.g. memory.limit. */
  field: string;
  /** In words, for the message that says it is not in force: "memory limit of 64 MiB". */
  what: string;
  /** cgroup v2's name of the controller. */
  controller: string;
  /** cgroup v1's, where it is another. */
  legacyController?: string;
  unified: Expression;
  legacy: Expression;
}

/** Files to write, in this order, or why that version of cgroups cannot do it. */
export type Expression = FileWrite[] | Refusal;

export interface FileWrite {
  /** File name in the cgroup's directory, e.g. memory.max. */
  file: string;
  value: string;
  /** For a kernel that does not have the file: another one, or nothing when that is as good. */
  otherwise?: FileWrite | "nothing";
}

export interface Refusal {
  refused: string;
  hint?: string;
}

/** Limits of a cgroup, with the names and units of the OCI runtime-spec's linux.resources. */
export interface CgroupLimits {
  /**
   * Bytes; swap is memory plus swap, as in the spec. -1: unlimited, 0: as it is. swappiness: 0 to 100. useHierarchy asks
   * for what all kernels from 5.11 on do anyway. checkBeforeUpdate: see updateResources.
   */
  memory?: {
    limit?: number;
    reservation?: number;
    swap?: number;
    swappiness?: number;
    disableOOMKiller?: boolean;
    useHierarchy?: boolean;
    checkBeforeUpdate?: boolean;
  };
  /** shares: v1's 2-262144, converted to v2's weight. quota, period, burst and realtime…: microseconds. idle: 0 or 1. */
  cpu?: {
    shares?: number;
    quota?: number;
    burst?: number;
    period?: number;
    realtimeRuntime?: number;
    realtimePeriod?: number;
    cpus?: string;
    mems?: string;
    idle?: number;
  };
  pids?: { limit: number };
  /** weight: v1's 10-1000. Rates: bytes, or operations, a second. */
  blockIO?: {
    weight?: number;
    leafWeight?: number;
    weightDevice?: { major: number; minor: number; weight?: number; leafWeight?: number }[];
    throttleReadBpsDevice?: DeviceRate[];
    throttleWriteBpsDevice?: DeviceRate[];
    throttleReadIOPSDevice?: DeviceRate[];
    throttleWriteIOPSDevice?: DeviceRate[];
  };
  /** pageSize as the kernel names its files: 2MB, 1GB. limit: bytes. */
  hugepageLimits?: { pageSize: string; limit: number }[];
  rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
  network?: { classID?: number; priorities?: { name: string; priority: number }[] };
  /** For cgroup v1's devices controller; see devices.ts for when it is used. */
  legacyDevices?: readonly DeviceRule[];
  /** Files of cgroup v2 as they are, e.g. "memory.high": "max". */
  unified?: Record<string, string>;
}

export interface DeviceRate {
  major: number;
  minor: number;
  rate: number;
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
