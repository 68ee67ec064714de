import { cgroupProcesses, killCgroup, removeCgroup, signalNumbers, signalProcess } from "@drydock/linux";
import { failure } from "../errors.ts";
import { removeBridge, removeLinks } from "./host/bridge.ts";
import { clusterCgroup } from "./host/cgroup.ts";
import { closeOutbound } from "./host/outbound.ts";
import { describeProcess, processesMarked, untilEnded } from "./host/processes.ts";
import type { Identity } from "./identity.ts";
import { inventoryText, isEmpty, takeInventory } from "./inventory.ts";
import { linkPrefix } from "./nodes/node-link.ts";

/** SIGKILL takes effect at once, but a process in the kernel (a sync, a hung disk) may need a moment. */
const killTimeoutMs = 5_000;

/**
 * Removes whatever of a cluster is on this machine, however it came to be left: by a supervisor that was killed, by a start that was
 * interrupted, or as the last step of an orderly stop. Network and mount namespaces go with their last process, mounts and links in
 * them too. Safe to repeat; throws CLUSTER_LEFTOVERS when something does not go. The caller holds the cluster's lock.
 */
export async function sweep(identity: Identity, except: readonly number[] = []): Promise<void> {
  await killProcesses(identity, except);
  const cgroup = clusterCgroup(identity.cgroup);
  if (cgroup !== undefined) removeCgroup(cgroup);
  await closeOutbound(identity);
  await removeBridge(identity.bridge);
  await removeLinks(linkPrefix(identity));

  const left = await takeInventory(identity, except);
  if (isEmpty(left)) return;
  throw failure("CLUSTER_LEFTOVERS", `could not remove ${inventoryText(left)}`, {
    hint: "run drydock down again; a process that cannot be killed waits in the kernel, often for a disk or network file system",
    details: { left },
  });
}

async function killProcesses({ marker, cgroup }: Identity, except: readonly number[]): Promise<void> {
  const directory = clusterCgroup(cgroup);
  const inNodes =
    directory === undefined ? [] : cgroupProcesses(directory, { recursive: true }).flatMap(describeProcess);
  if (directory !== undefined && !killCgroup(directory)) kill(inNodes);
  const marked = (await processesMarked(marker)).filter(({ pid }) => !except.includes(pid));
  kill(marked);
  await untilEnded([...inNodes, ...marked], killTimeoutMs);
}

function kill(processes: readonly { pid: number; startTime: number }[]): void {
  for (const process of processes) signalProcess(process, signalNumbers.SIGKILL);
}
