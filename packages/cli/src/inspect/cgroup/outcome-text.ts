import { binarySize } from "../binary-size.ts";
import { counted } from "../counted.ts";
import type { LimitOutcome } from "./outcome.ts";

/** A sentence or two for each limit. Pure. */
export function outcomeRows({ wallSeconds, memory, cpu, pids }: LimitOutcome): [limit: string, did: string][] {
  return [
    ...(memory ? [row(`memory ${binarySize(memory.limitBytes)}`, memoryText(memory))] : []),
    ...(cpu ? [row(`cpu ${cpu.limitCpus}`, cpuText(cpu, wallSeconds))] : []),
    ...(pids ? [row(`pids ${pids.limit}`, pidsText(pids))] : []),
  ];
}

function row(limit: string, did: string): [string, string] {
  return [limit, did];
}

function memoryText({ limitBytes, peakBytes, reclaims, oomKills }: NonNullable<LimitOutcome["memory"]>): string {
  const peak =
    peakBytes === undefined
      ? "this kernel keeps no peak"
      : `peak ${binarySize(peakBytes)} (${percent(peakBytes / limitBytes)})`;
  if (oomKills > 0) {
    return `${peak}; ${counted(oomKills, "process was", "processes were")} killed for want of memory (OOM): nothing was left that could be taken back`;
  }
  if (reclaims > 0)
    return `${peak}; met ${counted(reclaims, "time", "times")}, and memory of files was taken back each time: slower, but alive`;
  return `${peak}; never met`;
}

function cpuText(cpu: NonNullable<LimitOutcome["cpu"]>, wallSeconds: number): string {
  const used =
    cpu.usedSeconds === undefined
      ? ""
      : `used ${seconds(cpu.usedSeconds)} of processor time in ${seconds(wallSeconds)}; `;
  if (cpu.throttledPeriods === 0) return `${used}never held back`;
  const share = percent(cpu.throttledPeriods / Math.max(1, cpu.periods));
  return `${used}held back in ${cpu.throttledPeriods} of ${cpu.periods} periods (${share}), for ${seconds(cpu.throttledSeconds)} in all, ${percent(cpu.throttledSeconds / Math.max(0.001, wallSeconds))} of the time`;
}

function pidsText({ peak, refusedForks }: NonNullable<LimitOutcome["pids"]>): string {
  const most = peak === undefined ? "" : `at most ${peak} at once; `;
  return refusedForks > 0
    ? `${most}${counted(refusedForks, "fork was", "forks were")} refused with EAGAIN`
    : `${most}no fork was refused`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
