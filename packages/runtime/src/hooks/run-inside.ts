import { hasCode, messageOf } from "@drydock/kit";
import { capabilityNames, readStat, signalNumbers } from "@drydock/linux";
import type { RuntimeContext } from "../lifecycle/context.ts";
import { enter } from "../lifecycle/enter.ts";
import type { Hook, ProcessConfig } from "../types.ts";
import type { HookEnd, HookOccasion } from "./run-hooks.ts";

const all = [...capabilityNames];

/**
 * A hook in the namespaces of the container's first process, which waits at a gate meanwhile: before pivot_root its root
 * is still the host's, afterwards it is the container's. So the same way in serves createContainer and startContainer.
 */
export async function runInside(
  context: RuntimeContext,
  { record, pid }: HookOccasion,
  hook: Hook,
  state: string,
): Promise<HookEnd> {
  const stat = readStat(pid);
  if (!stat) return { problem: "the container's process has ended", stderr: "" };
  let stderr = "";
  try {
    const session = await enter(context, record, processOf(hook), { pid, startTime: stat.startTime });
    session.stdout.resume();
    session.stderr?.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2000);
    });
    session.stdin.end(state);
    let late = false;
    const timer =
      hook.timeout === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            session.kill(signalNumbers.SIGKILL);
          }, hook.timeout * 1000);
    const { code, signal } = await session.exit;
    clearTimeout(timer);
    session.stdout.destroy();
    session.stderr?.destroy();
    if (late) return { problem: `no end within ${hook.timeout} s`, stderr };
    if (code === 0) return { stderr };
    return { problem: signal === undefined ? `exit code ${code}` : `signal ${signal}`, stderr };
  } catch (error) {
    if (!hasCode(error, "RUNTIME_STEP_FAILED")) throw error;
    return { problem: messageOf(error), stderr };
  }
}

/** With all rights that the runtime has in there: hooks are the host's, also where they run inside. */
function processOf({ path, args, env }: Hook): ProcessConfig {
  return {
    cwd: "/",
    args: [path, ...(args?.slice(1) ?? [])],
    env: env ?? [],
    capabilities: { bounding: all, effective: all, permitted: all, inheritable: [] },
  };
}
