import {
  type CgroupMembership,
  type IdRange,
  type Mount,
  readCgroups,
  readIdMap,
  readMountinfo,
  readNamespaces,
  readNetDev,
  readStatus,
} from "@drydock/linux";
import { requireProcess } from "../ended.ts";
import { readOf } from "../unless-gone.ts";

/** What one process sees of the world: the matter that namespaces keep apart. */
export interface NamespaceView {
  pid: number;
  namespaces: Readonly<Record<string, number>>;
  /** Its pid in each pid namespace, outermost first. */
  namespacePids: number[];
  mounts: Pick<Mount, "mountPoint" | "type" | "source">[];
  interfaces: string[];
  uidMap: IdRange[];
  cgroups: CgroupMembership[];
}

export function viewOf(pid: number): NamespaceView {
  requireProcess(pid);
  return {
    pid,
    namespaces: readOf(pid, "the namespaces", () => readNamespaces(pid)),
    namespacePids: readOf(pid, "the status", () => readStatus(pid)).namespacePids,
    mounts: readOf(pid, "the mounts", () => readMountinfo(pid)).map(({ mountPoint, type, source }) => ({
      mountPoint,
      type,
      source,
    })),
    interfaces: readOf(pid, "the interfaces", () => readNetDev(pid)).map(({ name }) => name),
    uidMap: readOf(pid, "the user ids", () => readIdMap(pid, "uid")),
    cgroups: readOf(pid, "the cgroups", () => readCgroups(pid)),
  };
}
