import { failure } from "../errors.ts";
import { directExecutor } from "./direct.ts";
import type { Executor } from "./executor.ts";
import { foregroundExecutor, nativeExecutor } from "./native.ts";

/**
 * The executor for this machine: native where we have machine code for it, else direct. DRYDOCK_EXECUTOR=direct or
 * native decides otherwise. Throws LINUX_UNSUPPORTED for another value.
 */
export function chooseExecutor(
  name: string | undefined = process.env.DRYDOCK_EXECUTOR,
  arch: string = process.arch,
): Executor {
  if (name === "direct") return directExecutor;
  if (name === "native" && arch === "x64") return nativeExecutor;
  if (name === undefined || name === "") return arch === "x64" ? nativeExecutor : directExecutor;
  throw failure("LINUX_UNSUPPORTED", `no executor ${name} on ${arch}`, {
    hint: "set DRYDOCK_EXECUTOR to direct, or unset it",
  });
}

/** The same for a command that does nothing else meanwhile. */
export function chooseForCommand(): Executor {
  const chosen = chooseExecutor();
  return chosen === nativeExecutor ? foregroundExecutor : chosen;
}
