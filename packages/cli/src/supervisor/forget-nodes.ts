import { hasCode } from "@drydock/kit";
import type { Client } from "@drydock/machinery";
import { nodes } from "../api/types.ts";

/** Deletes the objects of nodes that this cluster had in an earlier run with more nodes: their pods are to move on. */
export async function forgetOtherNodes(client: Client, names: readonly string[], signal: AbortSignal): Promise<void> {
  const { items } = await client.list(nodes, { signal });
  for (const { metadata } of items) {
    if (names.includes(metadata.name) || !/^node-\d+$/.test(metadata.name)) continue;
    try {
      await client.delete(nodes, { name: metadata.name });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
    }
  }
}
