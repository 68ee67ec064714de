import { failure } from "../errors.ts";
import { overlaps, parseCidr } from "../network/cidr.ts";
import { chooseNetwork } from "../network/plan.ts";
import { networksInUse } from "./host/networks-in-use.ts";
import type { Identity } from "./identity.ts";
import { choosePort } from "./port.ts";
import type { ClusterSettings } from "./record.ts";
import { defaultPort, type UpOptions } from "./up-options.ts";

/** What the cluster will be: what was asked for, else what it was the last time, else a choice that fits this machine. */
export async function settle(
  asked: UpOptions,
  last: ClusterSettings | undefined,
  { bridge }: Identity,
): Promise<ClusterSettings> {
  const [port, used] = await Promise.all([choosePort(asked.port ?? last?.port ?? defaultPort), networksInUse(bridge)]);
  return {
    nodes: asked.nodes ?? last?.nodes ?? 1,
    port,
    network: networkOf(asked.network, last?.network, used),
    runtime: asked.runtime ?? last?.runtime ?? "native",
  };
}

/** Pure. Addresses of pods and nodes may change from one start to the next; a network that is taken by others may not be used. */
export function networkOf(asked: string | undefined, last: string | undefined, used: readonly string[]): string {
  const inUse = (network: string): string | undefined => used.find((other) => collide(network, other));
  if (asked !== undefined) {
    const other = inUse(asked);
    if (other === undefined) return asked;
    throw failure("CLUSTER_NO_NETWORK", `${asked} overlaps ${other}, which this machine uses already`, {
      hint: "leave --network out to have a free one chosen",
    });
  }
  if (last !== undefined && inUse(last) === undefined) return last;
  const chosen = chooseNetwork(used);
  if (chosen !== undefined) return chosen;
  throw failure("CLUSTER_NO_NETWORK", "every /16 of 10.0.0.0/8 is in use on this machine", {
    hint: "name a free one with --network, e.g. 172.20.0.0/16",
  });
}

function collide(a: string, b: string): boolean {
  const [left, right] = [parseCidr(a), parseCidr(b)];
  return left !== undefined && right !== undefined && right.prefix > 0 && overlaps(left, right);
}
