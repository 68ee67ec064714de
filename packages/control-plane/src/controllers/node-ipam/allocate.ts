/** An IPv4 network as numbers: [first address, first address after it). */
interface Range {
  from: number;
  to: number;
}

const NODE_PREFIX = 24;
const NODE_SIZE = 2 ** (32 - NODE_PREFIX);

/**
 * The first /24 of the cluster's network that overlaps no range in use; undefined when all are. The very first is left
 * out: `drydock up` has the nodes' own addresses there. Pure.
 */
export function freeRange(clusterCidr: string, used: Iterable<string>): string | undefined {
  const cluster = rangeOf(clusterCidr);
  if (!cluster) return undefined;
  const taken = [...used].map(rangeOf).filter((range) => range !== undefined);
  for (let from = cluster.from + NODE_SIZE; from + NODE_SIZE <= cluster.to; from += NODE_SIZE) {
    const to = from + NODE_SIZE;
    if (!taken.some((range) => range.from < to && from < range.to)) return `${addressOf(from)}/${NODE_PREFIX}`;
  }
  return undefined;
}

/** Undefined for what is no IPv4 network of /8 to /32. */
export function rangeOf(cidr: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return undefined;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((byte) => byte > 255) || prefix < 8 || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const from = address - (address % size);
  return { from, to: from + size };
}

function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
