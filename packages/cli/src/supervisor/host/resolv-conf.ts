import { readTextIfExists } from "@drydock/kit";

/** Where systemd-resolved writes the servers that it asks itself. */
const upstream = "/run/systemd/resolve/resolv.conf";

/**
 * The resolv.conf for nodes. A server on the host's loopback (127.0.0.53 of systemd-resolved, dnsmasq) is out of reach in another network namespace:
 * then the servers behind it are taken, as far as they are known.
 */
export async function resolvConfForNodes(): Promise<string> {
  const own = (await readTextIfExists("/etc/resolv.conf")) ?? "";
  const text = reachable(own).length > 0 ? own : ((await readTextIfExists(upstream)) ?? own);
  return withoutLoopback(text);
}

/** Pure. */
export function withoutLoopback(text: string): string {
  const kept = text.split("\n").filter((line) => !/^\s*nameserver\s+(127\.|::1\b)/.test(line));
  return `${kept.join("\n").trimEnd()}\n`;
}

function reachable(text: string): string[] {
  return withoutLoopback(text)
    .split("\n")
    .filter((line) => /^\s*nameserver\s/.test(line));
}
