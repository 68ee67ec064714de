import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { DrydockError, type ErrorData, errorFromData } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { Part } from "./keep-running.ts";
import { lastLines } from "./last-lines.ts";

/** What a child says over its channel: it works, or why it does not. */
export type ChildMessage = { type: "ready" } | { type: "failed"; error: ErrorData };

export interface ChildOptions {
  name: string;
  command: readonly [file: string, args: string[]];
  /** stdout and stderr are appended here. */
  log: string;
  /** NAME=value that `down` finds it by. */
  marker: string;
  readyTimeoutMs: number;
  signal: AbortSignal;
}

/** SIGKILL follows SIGTERM after so long. */
const stopTimeoutMs = 1_500;

/**
 * Starts a process of ours and resolves when it says that it is ready. It gets a session of its own: Ctrl-C at the terminal reaches the supervisor
 * alone, which stops the parts in order. Rejects with the child's own error when it cannot start.
 */
export async function startChild(options: ChildOptions): Promise<Part> {
  const { name, command, log, marker, signal } = options;
  const [file, args] = command;
  const [variable = "", value = ""] = marker.split("=");
  const output = openSync(log, "a");
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
    env: { ...process.env, [variable]: value },
    cwd: "/",
  });
  closeSync(output);
  const part = childPart(child);
  try {
    await ready(child, part, options);
  } catch (error) {
    await part.stop();
    if (signal.aborted) throw signal.reason;
    if (error instanceof DrydockError) throw error;
    throw failure("CLUSTER_COMPONENT_FAILED", `${name} could not be started`, { cause: error });
  }
  return part;
}

function childPart(child: ChildProcess): Part {
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, killedBy) => resolve(killedBy ? `killed by ${killedBy}` : `exit code ${code}`));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function ready(
  child: ChildProcess,
  { ended }: Part,
  { name, log, readyTimeoutMs, signal }: ChildOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const hint = `its log is ${log}`;
      reject(failure("CLUSTER_START_TIMEOUT", `${name} was not ready after ${readyTimeoutMs / 1000} s`, { hint }));
    }, readyTimeoutMs);
    const settle = (): void => clearTimeout(timer);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    child.on("message", (message: ChildMessage) => {
      settle();
      if (message.type === "ready") resolve();
      else reject(errorFromData(message.error));
    });
    void ended.then(async (how) => {
      settle();
      const said = await lastLines(log, 3);
      reject(
        failure("CLUSTER_COMPONENT_FAILED", `${name} ended while it was starting (${how})${said ? `: ${said}` : ""}`, {
          hint: `its log is ${log}`,
        }),
      );
    });
  });
}
