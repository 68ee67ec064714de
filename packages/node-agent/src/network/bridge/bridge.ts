import { writeFile } from "node:fs/promises";
import { readTextIfExists } from "@drydock/kit";
import { bridgeLines, ipBatch, vethLines } from "@drydock/linux";
import { agentError } from "../../errors.ts";
import { type Cidr, gatewayOf } from "../cidr.ts";

const forwarding = "/proc/sys/net/ipv4/ip_forward";

/** The bridge that joins the pods of this node, with the node as their gateway. Idempotent: a bridge of an earlier agent is taken on. */
export async function ensureBridge(name: string, cidr: Cidr): Promise<void> {
  await ipBatch(bridgeLines(name, `${gatewayOf(cidr)}/${cidr.prefix}`));
  await forwardPackets();
}

/** Pods reach other nodes only if this node passes packets on. */
async function forwardPackets(): Promise<void> {
  if ((await readTextIfExists(forwarding))?.trim() === "1") return;
  try {
    await writeFile(forwarding, "1");
  } catch (cause) {
    throw agentError("AGENT_NETWORK", `${forwarding} cannot be set to 1`, {
      hint: "run the agent with a writable /proc/sys, or set net.ipv4.ip_forward=1 on the node",
      cause,
    });
  }
}

/**
 * Lays a pair of virtual interfaces: one on the bridge, `eth0` in the pod. One of the same name goes first: its other end is in a
 * namespace that a crash left, or that the kernel is about to remove.
 */
export async function plugIntoBridge(bridge: string, veth: string, netns: string): Promise<void> {
  await ipBatch([`link del ${veth}`, ...vethLines({ name: veth, bridge, netns, inside: "eth0" })]);
}
