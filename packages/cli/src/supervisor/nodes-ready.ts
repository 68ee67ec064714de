import { hasCode } from "@drydock/kit";
import type { Client, Node } from "@drydock/machinery";
import { nodes } from "../api/types.ts";

/**
 * Resolves when every node named is Ready by its own word of this run: what an earlier run has left in etcd does not count.
 * `since`: RFC 3339, when this run began.
 */
export async function untilNodesReady(
  client: Client,
  names: readonly string[],
  since: string,
  signal: AbortSignal,
  changed: (ready: number) => void,
): Promise<void> {
  const ready = new Set<string>();
  const see = (node: Node): void => {
    const { name } = node.metadata;
    if (!names.includes(name) || ready.has(name) || !isReadySince(node, since)) return;
    ready.add(name);
    changed(ready.size);
  };
  for (;;) {
    try {
      const { items, metadata } = await client.list(nodes, { signal });
      items.forEach(see);
      if (ready.size === names.length) return;
      for await (const event of client.watch(nodes, { resourceVersion: metadata.resourceVersion, signal })) {
        if (event.type === "ADDED" || event.type === "MODIFIED") see(event.object);
        if (ready.size === names.length) return;
      }
    } catch (error) {
      // The API server may be started again meanwhile: look again.
      if (signal.aborted || !hasCode(error, "API_UNAVAILABLE", "API_EXPIRED")) throw error;
    }
    signal.throwIfAborted();
  }
}

/** Heartbeats have whole seconds. */
export function isReadySince({ status }: Node, since: string): boolean {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  const sinceSecond = `${since.slice(0, 19)}Z`;
  return condition?.status === "True" && (condition.lastHeartbeatTime ?? "") >= sinceSecond;
}
