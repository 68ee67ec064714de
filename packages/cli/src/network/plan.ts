import { type Cidr, formatAddress, formatCidr, overlaps, parseCidr } from "./cidr.ts";

/** The addresses of one cluster: all follow from its /16. */
export interface NetworkPlan {
  /** The whole, e.g. 10.88.0.0/16. */
  cidr: string;
  /** The bridge's own address: where nodes find the API server, and their default route. */
  gateway: string;
  node(index: number): NodeAddresses;
}

export interface NodeAddresses {
  /** Address of the node on the bridge. */
  address: string;
  /** Its pods' addresses. */
  podCidr: string;
}

/** Node `i` (from 1) of 10.88.0.0/16 is 10.88.0.(10+i), with pods in 10.88.i.0/24. */
export function planNetwork(cidr: string): NetworkPlan {
  const network = parseCidr(cidr);
  if (!network) throw new RangeError(`not a network: ${cidr}`);
  return {
    cidr,
    gateway: formatAddress(network.base + 1),
    node: (index) => ({
      address: formatAddress(network.base + 10 + index),
      podCidr: formatCidr({ base: network.base + index * 256, prefix: 24 }),
    }),
  };
}

/**
 * The first /16 that overlaps nothing in `taken`: 10.88.0.0/16 and up, then the rest of 10/8. Pod networks of well-known tools
 * (10.244 flannel, 10.96 services of kubeadm, 10.42 and 10.43 k3s) come last, so that a learner can run both.
 */
export function chooseNetwork(taken: readonly string[]): string | undefined {
  const used = taken.map(parseCidr).filter((cidr) => cidr !== undefined);
  const isFree = (candidate: Cidr): boolean => !used.some((cidr) => cidr.prefix > 0 && overlaps(candidate, cidr));
  const wellKnown = [42, 43, 96, 244];
  const second = [...Array(256).keys()].map((i) => (i + 88) % 256).filter((i) => !wellKnown.includes(i));
  const found = [...second, ...wellKnown]
    .map((i) => ({ base: 10 * 2 ** 24 + i * 2 ** 16, prefix: 16 }))
    .find((candidate) => isFree(candidate));
  return found && formatCidr(found);
}
