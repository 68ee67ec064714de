import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { unlessHidden } from "../unless-gone.ts";
import { readCgroupFile, readCgroupKeys, readCgroupNumber } from "./cgroup-file.ts";
import type { Hierarchy } from "./hierarchies.ts";

/** One cgroup at one moment. Of v1 the trees of all controllers are laid over one another: a path is one cgroup. */
export interface CgroupSample {
  path: string;
  /** Processes in it and below it. */
  processes: number;
  /** Processor time since it was made; undefined where no controller counts it. */
  cpuSeconds?: number;
  memoryBytes?: number;
  /** Processes and threads as the pids controller counts them. */
  tasks?: number;
}

/** Every cgroup that has a process in it or below it, by path. */
export function sampleCgroups(hierarchies: readonly Hierarchy[]): Map<string, CgroupSample> {
  const samples = new Map<string, CgroupSample>();
  for (const { version, mountPoint, controllers } of hierarchies) {
    visit(mountPoint, (directory, processes) => {
      const path = `/${relative(mountPoint, directory)}`;
      const sample = samples.get(path) ?? { path, processes: 0 };
      samples.set(path, sample);
      sample.processes = Math.max(sample.processes, processes);
      Object.assign(sample, version === 2 ? usageOfV2(directory) : usageOfV1(directory, controllers));
    });
  }
  for (const [path, { processes }] of samples) if (processes === 0) samples.delete(path);
  return samples;
}

/** Children first, so that a cgroup counts those below it. */
function visit(directory: string, see: (directory: string, processes: number) => void): number {
  const own = (unlessHidden(() => readCgroupFile(directory, "cgroup.procs"), undefined) ?? "").split("\n").length - 1;
  const children = unlessHidden(() => readdirSync(directory, { withFileTypes: true }), []).filter((one) =>
    one.isDirectory(),
  );
  const all = children.reduce((sum, { name }) => sum + visit(join(directory, name), see), Math.max(0, own));
  see(directory, all);
  return all;
}

function usageOfV2(directory: string): Partial<CgroupSample> {
  const usage = readCgroupKeys(directory, "cpu.stat").get("usage_usec");
  const memory = readCgroupNumber(directory, "memory.current");
  const tasks = readCgroupNumber(directory, "pids.current");
  return {
    ...(usage === undefined ? {} : { cpuSeconds: usage / 1e6 }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(tasks === undefined ? {} : { tasks }),
  };
}

function usageOfV1(directory: string, controllers: readonly string[]): Partial<CgroupSample> {
  const read = (controller: string, file: string): number | undefined =>
    controllers.includes(controller) ? readCgroupNumber(directory, file) : undefined;
  const usage = read("cpuacct", "cpuacct.usage");
  const memory = read("memory", "memory.usage_in_bytes");
  const tasks = read("pids", "pids.current");
  return {
    ...(usage === undefined ? {} : { cpuSeconds: usage / 1e9 }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(tasks === undefined ? {} : { tasks }),
  };
}
