import { hasCode } from "@drydock/kit";
import type { Client, Lease, Node } from "@drydock/machinery";
import { leases, nodes } from "../api/types.ts";

const leaseNamespace = "kube-node-lease";

/**
 * Resolves when every node named is Ready and has renewed its Lease since `since` (RFC 3339): what an earlier run has left in etcd does not count,
 * because a Ready condition stays as it was until somebody changes it.
 */
export async function untilNodesReady(
  client: Client,
  names: readonly string[],
  since: string,
  signal: AbortSignal,
  changed: (ready: number) => void,
): Promise<void> {
  const done = new AbortController();
  const both = AbortSignal.any([signal, done.signal]);
  const ready = new Set<string>();
  const alive = new Set<string>();
  let told = 0;
  const look = (): void => {
    const count = names.filter((name) => ready.has(name) && alive.has(name)).length;
    if (count > told) changed(count);
    told = Math.max(told, count);
    if (count === names.length) done.abort();
  };
  await Promise.all([
    follow(client, nodes, {}, both, (node) => {
      if (isReady(node)) ready.add(node.metadata.name);
      else ready.delete(node.metadata.name);
      look();
    }),
    follow(client, leases, { namespace: leaseNamespace }, both, (lease) => {
      if (isRenewedSince(lease, since)) alive.add(lease.metadata.name);
      look();
    }),
  ]);
  signal.throwIfAborted();
}

/** Shows every object as it is now and after each change, until the signal is aborted. */
async function follow<T extends Node | Lease>(
  client: Client,
  type: Parameters<typeof client.list<T>>[0],
  options: { namespace?: string },
  signal: AbortSignal,
  see: (object: T) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { items, metadata } = await client.list(type, { ...options, signal });
      items.forEach(see);
      const { resourceVersion } = metadata;
      for await (const event of client.watch(type, { ...options, resourceVersion, signal })) {
        if (event.type === "ADDED" || event.type === "MODIFIED") see(event.object);
      }
    } catch (error) {
      // The API server may be started again meanwhile: look again.
      if (!signal.aborted && !hasCode(error, "API_UNAVAILABLE", "API_EXPIRED")) throw error;
    }
  }
}

export function isReady({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** renewTime has microseconds, `since` milliseconds; as texts in UTC they sort by time. */
export function isRenewedSince({ spec }: Lease, since: string): boolean {
  return (spec?.renewTime ?? "") >= since.replace("Z", "");
}
