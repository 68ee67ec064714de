import { hasCode } from "@drydock/kit";
import type { Client, NamespacedName, ResourceType } from "@drydock/machinery";
import { waitUntilGone } from "../delete/wait-until-gone.ts";
import { failure } from "../errors.ts";
import type { WaitFor } from "./condition.ts";

/** Resolves when the object is in the state; by watching, not by asking again and again. */
export async function waitFor(
  client: Client,
  type: ResourceType,
  key: NamespacedName,
  state: WaitFor,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (state.type === "delete") return waitUntilGone(client, type, key, undefined, timeoutMs);
  if (state.type !== "create") await client.get(type, key);
  try {
    for (;;) {
      const options = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, signal };
      const { items, metadata } = await client.list(type, options);
      if (items[0] && state.holds(items[0])) return;
      for await (const event of client.watch(type, { ...options, resourceVersion: metadata.resourceVersion })) {
        if (event.type === "ADDED" || event.type === "MODIFIED") {
          if (state.holds(event.object)) return;
        } else if (event.type === "DELETED" && state.type !== "create") {
          throw failure("CLI_NOTHING_FOUND", `${type.kind} ${key.name} was deleted while it was waited for`);
        }
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    if (hasCode(error, "CLI_NOTHING_FOUND") || !signal.aborted) throw error;
    throw failure("CLI_WAIT_TIMEOUT", `${type.kind} ${key.name}: ${state.text} not met after ${timeoutMs / 1000} s`, {
      hint: `drydock describe ${type.plural} ${key.name} shows its state and events`,
      cause: error,
    });
  }
}
