import { runCommand } from "@drydock/kit";

/** Every IPv4 network that this host has a route to, or an address in; without `own`, the bridge of the cluster itself. */
export async function networksInUse(own: string): Promise<string[]> {
  const [routes, addresses] = await Promise.all([
    ipJson<{ dst?: string; dev?: string; gateway?: string }[]>("route", "show", "table", "all"),
    ipJson<{ ifname?: string; addr_info?: { local?: string }[] }[]>("address", "show"),
  ]);
  const fromRoutes = routes.filter(({ dev }) => dev !== own).flatMap(({ dst }) => (dst ? [asNetwork(dst)] : []));
  const fromAddresses = addresses
    .filter(({ ifname }) => ifname !== own)
    .flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => (local ? [asNetwork(local)] : [])));
  return [...fromRoutes, ...fromAddresses];
}

async function ipJson<T>(...args: string[]): Promise<T> {
  return JSON.parse((await runCommand("ip", ["-4", "-json", ...args])) || "[]") as T;
}

/** A single address is a network of one; "default" is none that anything could overlap with. */
function asNetwork(destination: string): string {
  if (destination === "default") return "0.0.0.0/0";
  return destination.includes("/") ? destination : `${destination}/32`;
}
