import { join } from "node:path";
import type { Logger } from "@drydock/kit";
import { BridgeNetwork } from "./bridge/bridge-network.ts";
import { parseCidr } from "./cidr.ts";
import { CniNetwork } from "./cni/cni-network.ts";
import type { PodNetwork } from "./pod-network.ts";

/** Where CNI's configuration and plugins are. */
export interface CniDirectories {
  /** With configuration lists; the first by name is used. */
  confDir: string;
  /** Of plugins; /opt/cni/bin and /usr/lib/cni unless stated. */
  binDirs?: readonly string[];
}

export interface PodNetworkOptions {
  podCidr: string;
  /** Of the network without CNI. */
  bridge: string;
  cni?: CniDirectories;
}

const defaultBinDirs = ["/opt/cni/bin", "/usr/lib/cni"];

/** The network of a node's pods: by CNI's plugins where a configuration is named, else our own bridge. `root`: where an adapter keeps its state. */
export function createPodNetwork(
  { podCidr, bridge, cni }: PodNetworkOptions,
  root: string,
  logger: Logger,
): PodNetwork {
  const cidr = parseCidr(podCidr);
  if (!cni) return new BridgeNetwork({ bridge, cidr, addresses: join(root, "addresses"), logger });
  const { confDir, binDirs = defaultBinDirs } = cni;
  return new CniNetwork({ confDir, binDirs, podCidr, records: join(root, "network"), logger });
}
