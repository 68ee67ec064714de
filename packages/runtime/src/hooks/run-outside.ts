import { spawn } from "node:child_process";
import { once } from "node:events";
import { messageOf } from "@drydock/kit";
import type { Hook } from "../types.ts";
import type { HookEnd } from "./run-hooks.ts";

/** How much of a hook's standard error is kept, characters. */
const keptOutput = 2000;

/** A hook in the namespaces of this process. */
export async function runOutside({ path, args, env, timeout }: Hook, state: string): Promise<HookEnd> {
  const child = spawn(path, args?.slice(1) ?? [], {
    argv0: args?.[0] ?? path,
    env: environment(env),
    stdio: ["pipe", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptOutput);
  });
  // A hook need not read its input.
  child.stdin.on("error", () => {}).end(state);
  let late = false;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          child.kill("SIGKILL");
        }, timeout * 1000);
  try {
    // Not its streams' end: what it leaves behind may hold them.
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    if (late) return { problem: `no end within ${timeout} s`, stderr };
    if (code === 0) return { stderr };
    return { problem: signal === null ? `exit code ${code}` : signal, stderr };
  } catch (error) {
    return { problem: messageOf(error), stderr };
  } finally {
    clearTimeout(timer);
    child.stderr.destroy();
  }
}

/** Exactly what the hook says: nothing of the runtime's own. */
function environment(env: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (env ?? []).map((one) => {
      const at = one.indexOf("=");
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
}
