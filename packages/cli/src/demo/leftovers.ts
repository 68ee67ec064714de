import { readdir, readFile } from "node:fs/promises";

/** Kernel objects and files that a cluster could leave behind. */
export interface Traces {
  processes: string[];
  mounts: string[];
  interfaces: string[];
  cgroups: string[];
}

/** All that now exists on this machine; two of these, before and after, show what a run has left. */
export async function traces(marker: string): Promise<Traces> {
  const [processes, mountinfo, interfaces, cgroups] = await Promise.all([
    processesNaming(marker),
    readFile("/proc/self/mountinfo", "utf8"),
    readdir("/sys/class/net"),
    cgroupDirectories(),
  ]);
  return {
    processes,
    mounts: mountinfo
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter(Boolean),
    interfaces,
    cgroups,
  };
}

/** What is in `after` and was not in `before`, by sort. */
export function difference(before: Traces, after: Traces): Traces {
  const added = (sort: keyof Traces): string[] => {
    const known = new Set(before[sort]);
    return after[sort].filter((item) => !known.has(item));
  };
  return {
    processes: added("processes"),
    mounts: added("mounts"),
    interfaces: added("interfaces"),
    cgroups: added("cgroups"),
  };
}

async function processesNaming(marker: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const line = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
        return line.includes(marker) ? `${pid} ${line}` : undefined;
      } catch {
        // The process ended while we looked: then it is not left behind.
        return undefined;
      }
    }),
  );
  return found.filter((line) => line !== undefined);
}

async function cgroupDirectories(): Promise<string[]> {
  for (const mount of ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]) {
    try {
      await readFile(`${mount}/cgroup.procs`);
    } catch {
      // Not a cgroup2 mount on this host: try the other usual place.
      continue;
    }
    const entries = await readdir(mount, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => `${entry.parentPath}/${entry.name}`);
  }
  return [];
}
