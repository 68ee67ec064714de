import type { PodAttachment } from "../pod-network.ts";
import type { ConfList, PluginConf } from "./conf-list.ts";

export type CniCommand = "ADD" | "DEL" | "CHECK" | "VERSION";

/** What the plugins of a list are told about one pod. */
export interface CniContext {
  list: ConfList;
  pod: PodAttachment;
  /** For plugins that can be told addresses (host-local): the range of this node's pods. */
  podCidr: string;
  /** Directories of plugins. */
  path: readonly string[];
}

/** The name of the pod's device, as everywhere. */
const interfaceName = "eth0";

/** Environment of a plugin: section 2, "Parameters", of the specification. Pure. */
export function cniEnvironment(
  command: CniCommand,
  { pod, path }: Pick<CniContext, "pod" | "path">,
): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: pod.podUid,
    CNI_NETNS: pod.netns,
    CNI_IFNAME: interfaceName,
    // What kubelets tell by way of CRI runtimes, under the same names; plugins refuse names that they do not know, unless told otherwise.
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${pod.namespace};K8S_POD_NAME=${pod.name};K8S_POD_INFRA_CONTAINER_ID=${pod.podUid};K8S_POD_UID=${pod.podUid}`,
    CNI_PATH: path.join(":"),
  };
}

/** What a plugin reads: its own part of the list, with what the list says for all, and what the one before it (or the ADD) resulted in. Pure. */
export function executionConf(plugin: PluginConf, { list, podCidr }: CniContext, prevResult: unknown): object {
  const { capabilities = {}, ...own } = plugin;
  // "ipRanges" is a convention: a list of sets of ranges, one address of each set.
  const all: Record<string, unknown> = { ipRanges: [[{ subnet: podCidr }]] };
  const runtimeConfig = Object.fromEntries(Object.entries(all).filter(([name]) => capabilities[name] === true));
  return {
    ...own,
    cniVersion: list.cniVersion,
    name: list.name,
    ...(Object.keys(runtimeConfig).length === 0 ? {} : { runtimeConfig }),
    ...(prevResult === undefined ? {} : { prevResult }),
  };
}

/** The pod's IPv4 address in the result of the last plugin; undefined when there is none. Pure. */
export function podAddress(result: unknown): string | undefined {
  const { ips = [], interfaces = [] } = (result ?? {}) as {
    ips?: { address?: string; interface?: number }[];
    interfaces?: { name?: string; sandbox?: string }[];
  };
  const inPod = ips.filter(({ interface: index }) => index === undefined || interfaces[index]?.sandbox);
  const address = inPod
    .map(({ address = "" }) => address.split("/")[0] ?? "")
    .find((text) => /^\d+(\.\d+){3}$/.test(text));
  return address;
}
