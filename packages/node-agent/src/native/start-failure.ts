import { DrydockError, messageOf } from "@drydock/kit";
import type { FailureRecord } from "./records.ts";

/**
 * How a start that failed is shown: a command that cannot be executed has the exit codes that a shell would give (127 not found, 126 not
 * executable), everything before it 128, as with containerd.
 */
export function startFailure(error: unknown, now: () => number = Date.now): FailureRecord {
  const { call, errno, program } = error instanceof DrydockError ? error.details : {};
  const isCommand = program !== undefined && typeof call === "string" && call.startsWith("execve");
  return {
    reason: isCommand ? "ContainerCannotRun" : "StartError",
    message: messageOf(error),
    exitCode: isCommand ? (errno === "ENOENT" ? 127 : 126) : 128,
    finishedAt: new Date(now()).toISOString(),
  };
}
