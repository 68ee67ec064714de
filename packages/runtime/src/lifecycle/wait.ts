import { systemClock } from "@drydock/kit";
import { observe } from "../state/observe.ts";
import { shimEnded } from "../state/shim-files.ts";
import type { ExitStatus } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";

/** Only for a container whose shim was killed, or is not there yet: nothing tells us of those. */
const pollMs = 50;

/** Waits for a container's end; see Runtime.wait. */
export function wait(context: RuntimeContext, id: string, signal?: AbortSignal): Promise<ExitStatus> {
  const waiting = waitForExit(id, containerDirectory(context, id), signal);
  const all = context.waiters.get(id) ?? new Set();
  context.waiters.set(id, all.add(waiting));
  const forget = (): void => {
    all.delete(waiting);
    if (all.size === 0 && context.waiters.get(id) === all) context.waiters.delete(id);
  };
  waiting.then(forget, forget);
  return waiting;
}

async function waitForExit(id: string, directory: string, signal: AbortSignal | undefined): Promise<ExitStatus> {
  for (let first = true; ; first = false) {
    const { state } = observe(id, directory);
    if (state.exit) return state.exit;
    if (!first) await systemClock.sleep(pollMs, signal);
    await shimEnded(directory, signal);
  }
}
