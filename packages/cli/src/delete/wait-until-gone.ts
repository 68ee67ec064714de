import { hasCode } from "@drydock/kit";
import type { Client, NamespacedName, ResourceType } from "@drydock/machinery";
import { failure } from "../errors.ts";

/** Resolves when the object with this uid is gone; a new one of the same name counts as gone. */
export async function waitUntilGone(
  client: Client,
  type: ResourceType,
  { namespace, name }: NamespacedName,
  uid: string | undefined,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    for (;;) {
      const live = await client.get(type, { namespace, name });
      if (uid !== undefined && live.metadata.uid !== uid) return;
      const watch = client.watch(type, {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: live.metadata.resourceVersion,
        signal,
      });
      for await (const event of watch) if (event.type === "DELETED") return;
      signal.throwIfAborted();
    }
  } catch (error) {
    if (hasCode(error, "API_NOT_FOUND")) return;
    if (!signal.aborted) throw error;
    throw failure("CLI_WAIT_TIMEOUT", `${type.kind} ${name} is still there after ${timeoutMs / 1000} s`, {
      hint: `drydock describe ${type.plural} ${name} shows what it waits for, for example a finalizer`,
      cause: error,
    });
  }
}
