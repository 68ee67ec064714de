import { writeFile } from "node:fs/promises";
import { readTextIfExists, runCommand } from "@drydock/kit";
import { agentError } from "../errors.ts";
import { type Cidr, gatewayOf } from "./cidr.ts";

const forwarding = "/proc/sys/net/ipv4/ip_forward";

/** The bridge that joins the pods of this node, with the node as their gateway. Idempotent: a bridge of an earlier agent is taken on. */
export async function ensureBridge(name: string, cidr: Cidr): Promise<void> {
  const address = `${gatewayOf(cidr)}/${cidr.prefix}`;
  const links = await runCommand("ip", ["-j", "link", "show", "type", "bridge"]);
  const exists = (JSON.parse(links || "[]") as { ifname?: string }[]).some(({ ifname }) => ifname === name);
  const commands = [
    ...(exists ? [] : [`link add ${name} type bridge`]),
    `addr replace ${address} dev ${name}`,
    `link set ${name} up`,
  ];
  await runCommand("ip", ["-batch", "-"], { input: commands.join("\n") });
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
 * Lays a pair of virtual interfaces: `veth…` on the bridge, `eth0` in the pod. One that a crash left is replaced.
 */
export async function plugIntoBridge(bridge: string, veth: string, netns: string): Promise<void> {
  const commands = [`link add ${veth} type veth peer name eth0 netns ${netns}`, `link set ${veth} master ${bridge} up`];
  const add = (): Promise<string> => runCommand("ip", ["-batch", "-"], { input: commands.join("\n") });
  await add().catch(async (error: unknown) => {
    if (!(await linkExists(veth))) throw error;
    // It goes by itself a moment after its namespace; if it has, that is what we want.
    await runCommand("ip", ["link", "del", veth]).catch(() => {});
    await add();
  });
}

async function linkExists(name: string): Promise<boolean> {
  return (await readTextIfExists(`/sys/class/net/${name}/ifindex`)) !== undefined;
}
