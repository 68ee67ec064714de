import { readFile } from "node:fs/promises";
import { availableParallelism, release, totalmem } from "node:os";
import { readTextIfExists } from "@drydock/kit";
import type { NodeSystemInfo } from "@drydock/machinery";

/** Follows Kubernetes' minor version, whose behaviour the agent has. */
export const agentVersion = "v1.35.0-drydock.0.1.0";

/** kubelet's default for one node. */
export const maxPods = 110;

export interface Machine {
  cpus: number;
  memoryBytes: number;
  info: NodeSystemInfo;
}

const goArchitectures: Record<string, string> = { x64: "amd64", arm64: "arm64" };

/** What this machine is, as Node.status tells it. */
export async function readMachine(containerRuntimeVersion: string): Promise<Machine> {
  const [bootID, machineID, osRelease, systemUUID] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    readTextIfExists("/etc/machine-id"),
    readTextIfExists("/etc/os-release"),
    // Only root may read it, and virtual machines may have none.
    readFile("/sys/class/dmi/id/product_uuid", "utf8").catch(() => ""),
  ]);
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    info: {
      machineID: (machineID ?? "").trim(),
      systemUUID: systemUUID.trim(),
      bootID: bootID.trim(),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease ?? "")?.[1] ?? "Linux",
      containerRuntimeVersion,
      kubeletVersion: agentVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: goArchitectures[process.arch] ?? process.arch,
    },
  };
}
