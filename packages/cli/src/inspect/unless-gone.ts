import { errnoOf } from "@drydock/kit";
import { readStat } from "@drydock/linux";
import { failure } from "../errors.ts";
import { gone, zombie } from "./ended.ts";

/** What /proc answers for a process that has ended: ESRCH when a file was open already, EINVAL for the mounts of a zombie. */
const endedErrnos = ["ENOENT", "ESRCH", "EINVAL"];

/** A value from /proc, or another one when the process has ended meanwhile: between two reads any process may. */
export function unlessGone<Value, Otherwise>(read: () => Value, otherwise: Otherwise): Value | Otherwise {
  try {
    return read();
  } catch (error) {
    if (endedErrnos.includes(errnoOf(error) ?? "")) return otherwise;
    throw error;
  }
}

/** As unlessGone, also for what the reader may not see: in a list the others still count. */
export function unlessHidden<Value, Otherwise>(read: () => Value, otherwise: Otherwise): Value | Otherwise {
  try {
    return unlessGone(read, otherwise);
  } catch (error) {
    if (isRefused(error)) return otherwise;
    throw error;
  }
}

function isRefused(error: unknown): boolean {
  return ["EACCES", "EPERM"].includes(errnoOf(error) ?? "");
}

/** A value from /proc of the one process that was asked for; its end and a refusal become errors that say so. `what`: "the mounts". */
export function readOf<Value>(pid: number, what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (isRefused(error)) {
      throw failure("INSPECT_NOT_PERMITTED", `the kernel does not let this user see ${what} of process ${pid}`, {
        hint: "its own user may, and root where it has no more capabilities than you (ptrace(2), access mode checking): try it with sudo",
        details: { pid },
        cause: error,
      });
    }
    if (!endedErrnos.includes(errnoOf(error) ?? "")) throw error;
    if (readStat(pid)?.state === "Z") throw zombie(pid);
    throw gone(pid);
  }
}
