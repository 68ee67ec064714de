import { failure } from "../../errors.ts";

/** What `cgroup run` limits; at least one is there. */
export interface WantedLimits {
  /** Bytes. */
  memory?: number;
  /** Processors; a fraction is a share of one. */
  cpu?: number;
  /** Processes and threads. */
  pids?: number;
}

const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Length in which the kernel hands out processor time, µs: the default of both versions. */
export const cpuPeriodUs = 100_000;
/** The kernel takes no less (kernel/sched/core.c, min_cfs_quota_period: 1 ms). */
const leastCpu = 0.01;
const mostCpu = 1024;

export function parseLimits(options: { memory?: string; cpu?: string; pids?: string }): WantedLimits {
  const limits: WantedLimits = {
    ...(options.memory === undefined ? {} : { memory: parseMemory(options.memory) }),
    ...(options.cpu === undefined ? {} : { cpu: parseCpu(options.cpu) }),
    ...(options.pids === undefined ? {} : { pids: parsePids(options.pids) }),
  };
  if (Object.keys(limits).length > 0) return limits;
  throw failure("CLI_USAGE", "no limit was given", {
    hint: "give at least one: --memory 64M, --cpu 0.5 (half of a processor) or --pids 20",
  });
}

function parseMemory(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([kmgt]?)i?b?$/i.exec(text);
  const bytes = found ? Math.floor(Number(found[1]) * (units[(found[2] ?? "").toLowerCase()] ?? 1)) : 0;
  if (bytes >= 4096 && Number.isSafeInteger(bytes)) return bytes;
  throw failure("CLI_USAGE", `--memory: "${text}" is no amount of memory`, {
    hint: "write it like 64M or 1.5G (powers of 1024); a page of 4096 bytes is the least",
  });
}

function parseCpu(text: string): number {
  const cpu = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (cpu >= leastCpu && cpu <= mostCpu) return cpu;
  throw failure("CLI_USAGE", `--cpu: "${text}" is no number of processors from ${leastCpu} to ${mostCpu}`, {
    hint: "write it like 0.5: half of one processor",
  });
}

function parsePids(text: string): number {
  const pids = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (pids >= 1) return pids;
  throw failure("CLI_USAGE", `--pids: "${text}" is no number of processes`, {
    hint: "write it like 20; threads count too",
  });
}
