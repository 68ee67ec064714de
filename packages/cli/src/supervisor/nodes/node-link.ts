import { runCommand } from "@drydock/kit";
import type { NodeAddresses } from "../../network/plan.ts";
import type { Identity } from "../identity.ts";

/** How the names of all links of a cluster begin. */
export function linkPrefix({ id }: Identity): string {
  return `dv${id}-`;
}

/** Interface of the host that a node is plugged in with: 15 characters at most. It goes with the node's network namespace. */
export function linkName(identity: Identity, index: number): string {
  return `${linkPrefix(identity)}${index}`;
}

/** Plugs a node into the cluster's bridge: `eth0` inside the network namespace of `pid`. */
export async function plugIn(
  identity: Identity,
  index: number,
  pid: number,
  { address }: NodeAddresses,
  gateway: string,
): Promise<void> {
  const link = linkName(identity, index);
  await batch(
    "ip",
    ["-batch", "-"],
    [`link add name ${link} type veth peer name eth0 netns ${pid}`, `link set ${link} master ${identity.bridge} up`],
  );
  await batch(
    "nsenter",
    [`--net=/proc/${pid}/ns/net`, "ip", "-batch", "-"],
    ["link set lo up", `address add ${address}/24 dev eth0`, "link set eth0 up", `route add default via ${gateway}`],
  );
}

async function batch(program: string, args: string[], lines: string[]): Promise<void> {
  await runCommand(program, args, { input: `${lines.join("\n")}\n`, timeoutMs: 10_000 });
}
