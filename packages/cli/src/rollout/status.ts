import type { Workload } from "@drydock/machinery";
import type { Session } from "../api/session.ts";
import { workloads } from "../api/types.ts";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";
import { rolloutState } from "./status-text.ts";

/** Prints each step of a rollout until it is done. Throws CLI_ROLLOUT_FAILED when it is stuck. */
export async function followStatus(
  { client, namespace }: Session,
  name: string,
  { watch, timeoutMs }: { watch: boolean; timeoutMs: number | undefined },
): Promise<void> {
  const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  let printed = "";
  const show = (workload: Workload): boolean => {
    const { done, stuck, text } = rolloutState(workload);
    if (stuck) {
      throw failure("CLI_ROLLOUT_FAILED", text, {
        hint: `drydock describe workload ${name} shows why; drydock rollout undo workload/${name} goes back`,
      });
    }
    if (text !== printed) print(text);
    printed = text;
    return done;
  };
  try {
    for (;;) {
      const workload = await client.get(workloads, { namespace, name });
      if (show(workload) || !watch) return;
      const options = { namespace, fieldSelector: `metadata.name=${name}`, signal };
      const { resourceVersion } = workload.metadata;
      for await (const event of client.watch(workloads, { ...options, resourceVersion })) {
        if (event.type === "DELETED") throw failure("CLI_NOTHING_FOUND", `workload "${name}" was deleted`);
        if (event.type !== "BOOKMARK" && show(event.object)) return;
      }
      signal?.throwIfAborted();
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw failure(
      "CLI_WAIT_TIMEOUT",
      `the rollout of workload "${name}" was not done after ${(timeoutMs ?? 0) / 1000} s`,
      {
        cause: error,
      },
    );
  }
}
