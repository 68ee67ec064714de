import { isIPv4 } from "node:net";
import type { Node } from "@drydock/machinery";

export interface Route {
  /** The other node's pods, e.g. 10.88.2.0/24. */
  destination: string;
  /** The other node's address. */
  gateway: string;
}

/** Routes to the pods of all other nodes. Pure. */
export function wantedRoutes(
  nodes: readonly Node[],
  self: { name: string; address: string; podCidr: string },
): Route[] {
  const routes = new Map<string, Route>();
  for (const node of nodes) {
    const destination = node.spec?.podCIDR;
    const gateway = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    if (node.metadata.name === self.name || !destination || !gateway) continue;
    // Two nodes with one range are a mistake in the cluster; our own pods must stay reachable all the same.
    if (destination === self.podCidr || gateway === self.address) continue;
    if (!isIPv4(gateway) || !isNetwork(destination)) continue;
    routes.set(destination, { destination, gateway });
  }
  return [...routes.values()];
}

/** What comes from the API becomes part of a command: nothing but a network may pass. */
function isNetwork(text: string): boolean {
  const [address = "", prefix = ""] = text.split("/", 2);
  return isIPv4(address) && /^\d{1,2}$/.test(prefix) && text === `${address}/${prefix}`;
}

/** Marks our routes among those of the kernel: rtproto numbers above 192 are for private use. */
export const routeProtocol = 221;

/** Commands for `ip -batch` that turn the present routes into the wanted ones. Pure. */
export function routeCommands(present: readonly Route[], wanted: readonly Route[]): string[] {
  const same = (a: Route, b: Route): boolean => a.destination === b.destination && a.gateway === b.gateway;
  const removed = present.filter((route) => !wanted.some((other) => other.destination === route.destination));
  const added = wanted.filter((route) => !present.some((other) => same(route, other)));
  return [
    ...removed.map(({ destination }) => `route del ${destination} proto ${routeProtocol}`),
    ...added.map(({ destination, gateway }) => `route replace ${destination} via ${gateway} proto ${routeProtocol}`),
  ];
}
