import { messageOf } from "@drydock/kit";
import type { FailureRecord } from "../native/records.ts";

/**
 * How a start that containerd refused is shown. That the command itself cannot be executed is said in runc's text only; the codes are a shell's
 * (127 not found, 126 not executable), for everything else 128, as with containerd's CRI plugin.
 */
export function runcFailure(error: unknown, now: () => number = Date.now): FailureRecord {
  const text = messageOf(error);
  const isCommand = /unable to start container process: exec: "/.test(text);
  const isMissing = /executable file not found|no such file or directory/.test(text);
  return {
    reason: isCommand ? "ContainerCannotRun" : "StartError",
    message: text.replace(/^Tasks\.\w+: /, "").replace(/: unknown$/, ""),
    exitCode: isCommand ? (isMissing ? 127 : 126) : 128,
    finishedAt: new Date(now()).toISOString(),
  };
}
