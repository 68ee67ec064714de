import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";

/**
 * Everything on this machine that can be told to belong to the cluster of a data directory: processes that name it or carry its mark, processes in its
 * cgroup, links, mounts, cgroups. Looked for here without the code that removes them.
 */
export function leftovers(dataDir: string): string[] {
  const id = createHash("sha256")
    .update(existsSync(dataDir) ? realpathSync(dataDir) : dataDir)
    .digest("hex")
    .slice(0, 8);
  return [...processes(dataDir, id), ...links(id), ...mounts(dataDir), ...cgroups(id)];
}

function processes(dataDir: string, id: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    const read = (file: string): string => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", " ");
      } catch {
        // It ended while we looked.
        return "";
      }
    };
    if (/^State:\s+Z/m.test(read("status"))) return [];
    const isOurs =
      read("cmdline").includes(dataDir) ||
      read("environ").includes(`DRYDOCK_CLUSTER=${id}`) ||
      read("cgroup").includes(`drydock-${id}`);
    return isOurs ? [`process ${pid} ${read("cmdline")}`] : [];
  });
}

function links(id: string): string[] {
  return readdirSync("/sys/class/net")
    .filter((name) => name === `dd-${id}` || name.startsWith(`dv${id}-`))
    .map((name) => `link ${name}`);
}

function mounts(dataDir: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(dataDir))
    .map((line) => `mount ${line}`);
}

function cgroups(id: string): string[] {
  return ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
    .map((mount) => `${mount}/drydock-${id}`)
    .filter((path) => existsSync(path))
    .map((path) => `cgroup ${path}`);
}
