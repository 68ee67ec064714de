import { readdirSync, readlinkSync } from "node:fs";
import { errnoOf } from "@drydock/kit";

/** A namespace is known by its kind and the inode number of its file: two processes share it when both are the same (namespaces(7)). */
export interface NamespaceLink {
  /** The name that the kernel uses: mnt, pid, net, uts, ipc, cgroup, user, time. */
  kind: string;
  inode: number;
}

/** The target of a link in /proc/PID/ns, or the root of an nsfs mount: `mnt:[4026531841]`. Undefined for anything else. */
export function parseNamespaceLink(target: string): NamespaceLink | undefined {
  const found = /^([a-z_]+):\[(\d+)\]$/.exec(target);
  return found ? { kind: found[1] as string, inode: Number(found[2]) } : undefined;
}

/**
 * Inode numbers of the namespaces that a process is in, by kind. What its children will be in (pid_for_children) is left out. A process that
 * has ended gives an empty record; throws EACCES for one that the reader may not trace.
 */
export function readNamespaces(pid: number | "self"): Record<string, number> {
  const directory = `/proc/${pid}/ns`;
  const found: Record<string, number> = {};
  for (const name of readdirSync(directory)) {
    if (name.endsWith("_for_children")) continue;
    try {
      const link = parseNamespaceLink(readlinkSync(`${directory}/${name}`));
      if (link) found[name] = link.inode;
    } catch (error) {
      // A zombie has given its namespaces back already.
      if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ESRCH") throw error;
    }
  }
  return found;
}
