import { readdir, readFile } from "node:fs/promises";

/**
 * The pids, as this host numbers them, of all processes in a container's cgroup. A container is nothing more than processes: whoever has
 * the right pid namespace in view sees them all in /proc.
 */
export async function processesOfContainer(containerId: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        return (await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(containerId) ? Number(pid) : undefined;
      } catch {
        // Gone since the directory was read.
        return undefined;
      }
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
