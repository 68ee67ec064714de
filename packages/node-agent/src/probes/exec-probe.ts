import { messageOf } from "@drydock/kit";
import type { ExecSession } from "@drydock/runtime";
import type { ProbeOutcome } from "./probe-state.ts";

export type ProbeExec = (command: string[], signal: AbortSignal) => Promise<ExecSession>;

/** How much of a command's output goes into the event, bytes. */
const maxOutput = 1024;
const sigkill = 9;

/** Success when the command ends with exit code 0 in time; it is killed when it does not. */
export async function execProbe(command: string[], exec: ProbeExec, timeoutMs: number): Promise<ProbeOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const session = await exec(command, timeout);
    session.stdin.end();
    const output = collect(session);
    const late = new Promise<"late">((resolve) => {
      if (timeout.aborted) resolve("late");
      timeout.addEventListener("abort", () => resolve("late"), { once: true });
    });
    const result = await Promise.race([session.exit, late]);
    if (result === "late") {
      session.kill(sigkill);
      return { ok: false, message: `command timed out after ${timeoutMs / 1000}s` };
    }
    return { ok: result.code === 0, message: output() };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

/** Reads both streams to their end, so that the command never blocks, and keeps the beginning. */
function collect(session: ExecSession): () => string {
  let text = "";
  for (const stream of [session.stdout, session.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      if (text.length < maxOutput) text += chunk.toString("utf8").slice(0, maxOutput - text.length);
    });
    // A stream that breaks tells nothing that the exit code does not.
    stream?.on("error", () => {});
  }
  return () => text.trim();
}
