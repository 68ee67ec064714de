import { listProcesses, type Mount, parseNamespaceLink, readMountinfo, readNamespaces } from "@drydock/linux";
import { unlessHidden } from "../unless-gone.ts";
import { kindRank } from "./kinds.ts";

export interface NamespaceFacts {
  kind: string;
  inode: number;
  /** Processes in it, in order. None: a mount keeps it. */
  pids: number[];
  /** Where a bind mount of its file keeps it alive, in the mount namespace of the reader. */
  mountedOn: string[];
  /** The reader is in it. */
  yours: boolean;
}

export interface NamespaceScan {
  namespaces: NamespaceFacts[];
  /** Processes whose namespaces this user may not see. */
  hidden: number;
}

/** Every namespace that some process is in or that a mount keeps. Those of processes that end meanwhile may be missing. */
export function scanNamespaces(): NamespaceScan {
  const seen: [pid: number, namespaces: Readonly<Record<string, number>>][] = [];
  let hidden = 0;
  for (const pid of listProcesses()) {
    const found = unlessHidden(() => readNamespaces(pid), undefined);
    if (found) seen.push([pid, found]);
    else hidden += 1;
  }
  return { namespaces: collect(seen, readMountinfo(), readNamespaces("self")), hidden };
}

/** Pure. */
export function collect(
  seen: readonly (readonly [pid: number, namespaces: Readonly<Record<string, number>>])[],
  mounts: readonly Mount[],
  reader: Readonly<Record<string, number>>,
): NamespaceFacts[] {
  const found = new Map<string, NamespaceFacts>();
  const at = (kind: string, inode: number): NamespaceFacts => {
    const key = `${kind}:${inode}`;
    const facts = found.get(key) ?? { kind, inode, pids: [], mountedOn: [], yours: reader[kind] === inode };
    found.set(key, facts);
    return facts;
  };
  for (const [pid, namespaces] of seen) {
    for (const [kind, inode] of Object.entries(namespaces)) at(kind, inode).pids.push(pid);
  }
  for (const { type, root, mountPoint } of mounts) {
    const link = type === "nsfs" ? parseNamespaceLink(root) : undefined;
    if (link) at(link.kind, link.inode).mountedOn.push(mountPoint);
  }
  return [...found.values()].sort((a, b) => kindRank(a.kind) - kindRank(b.kind) || a.inode - b.inode);
}
