import { existsSync, readdirSync } from "node:fs";
import { runCommand } from "@drydock/kit";
import type { NetworkPlan } from "../../network/plan.ts";

/**
 * The bridge that all nodes of a cluster are plugged into, with the host's own address on it, and the host's way to each node's pods.
 * All routes and ports of a bridge go when it is deleted.
 */
export async function makeBridge(name: string, plan: NetworkPlan, nodes: number): Promise<void> {
  const routes = [...Array(nodes).keys()].map((i) => {
    const { address, podCidr } = plan.node(i + 1);
    return `route add ${podCidr} via ${address} dev ${name}`;
  });
  const commands = [
    `link add name ${name} type bridge`,
    `address add ${plan.gateway}/24 dev ${name}`,
    `link set ${name} up`,
    ...routes,
  ];
  await runCommand("ip", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
}

export function bridgeExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

export async function removeBridge(name: string): Promise<void> {
  if (bridgeExists(name)) await runCommand("ip", ["link", "delete", name]);
}

/**
 * The host's ends of the nodes' links, by their common beginning. They go with the node's network namespace, but the kernel takes its time
 * with that, and who has taken a cluster down wants it gone.
 */
export async function removeLinks(prefix: string): Promise<void> {
  for (const name of readdirSync("/sys/class/net").filter((name) => name.startsWith(prefix))) {
    try {
      await runCommand("ip", ["link", "delete", name]);
    } catch (error) {
      // The kernel was quicker.
      if (existsSync(`/sys/class/net/${name}`)) throw error;
    }
  }
}
