import { cgroupProcesses } from "@drydock/linux";
import { bridgeExists } from "./host/bridge.ts";
import { clusterCgroup } from "./host/cgroup.ts";
import { tableExists } from "./host/outbound.ts";
import { describeProcess, type FoundProcess, processesMarked } from "./host/processes.ts";
import type { Identity } from "./identity.ts";

/** What of a cluster exists on this machine, found by looking and not by what a record says. */
export interface Inventory {
  /** etcd, control plane, supervisor: whatever carries the cluster's mark. */
  processes: FoundProcess[];
  /** Everything inside the nodes: init, agents, containers. */
  inNodes: FoundProcess[];
  /** The cluster's cgroup. */
  cgroup: string | undefined;
  bridge: string | undefined;
  table: string | undefined;
}

/** `except`: processes that are not counted, such as the supervisor itself while it cleans up. */
export async function takeInventory(identity: Identity, except: readonly number[] = []): Promise<Inventory> {
  const cgroup = clusterCgroup(identity.cgroup);
  const inNodes = cgroup === undefined ? [] : cgroupProcesses(cgroup, { recursive: true });
  const marked = await processesMarked(identity.marker);
  const counted = ({ pid }: FoundProcess): boolean => !except.includes(pid);
  return {
    processes: marked.filter((found) => !inNodes.includes(found.pid) && counted(found)),
    inNodes: inNodes.flatMap(describeProcess).filter(counted),
    cgroup,
    bridge: bridgeExists(identity.bridge) ? identity.bridge : undefined,
    table: (await tableExists(identity)) ? identity.table : undefined,
  };
}

export function isEmpty({ processes, inNodes, cgroup, bridge, table }: Inventory): boolean {
  return processes.length === 0 && inNodes.length === 0 && !cgroup && !bridge && !table;
}

/** "2 processes, 14 processes in nodes, bridge dd-1a2b3c4d": what there was, for the end of `down`. */
export function inventoryText({ processes, inNodes, cgroup, bridge, table }: Inventory): string {
  const parts = [
    ...count(processes.length, "process", "processes"),
    ...count(inNodes.length, "process in nodes", "processes in nodes"),
    ...(cgroup ? [`cgroup ${cgroup}`] : []),
    ...(bridge ? [`bridge ${bridge}`] : []),
    ...(table ? [`nft table ${table}`] : []),
  ];
  return parts.join(", ") || "nothing";
}

function count(amount: number, one: string, many: string): string[] {
  return amount === 0 ? [] : [`${amount} ${amount === 1 ? one : many}`];
}
