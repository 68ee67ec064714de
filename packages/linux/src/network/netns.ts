import { unlinkSync, writeFileSync } from "node:fs";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { Executor } from "../executor/executor.ts";
import { runProgram } from "../executor/run-program.ts";
import { cString, syscallUnless } from "../ffi/syscall.ts";
import { cloneFlags } from "../kernel/clone-flags.ts";
import { MNT_DETACH, mountFlags } from "../kernel/mount-flags.ts";
import { flags } from "../program/operands.ts";
import { loopbackSteps } from "./loopback.ts";

/**
 * Makes a network namespace that lives without a process: a file on which it is bind mounted, as `ip netns add` does.
 * Its loopback interface is up. The work is done by a process of its own, so that no thread of this one moves.
 * Throws LINUX_BAD_NAMESPACE when there is something at `path`.
 */
export async function createNetns(path: string, executor?: Executor): Promise<void> {
  try {
    writeFileSync(path, "", { flag: "wx", mode: 0o444 });
  } catch (error) {
    throw badNamespace("make", path, error);
  }
  try {
    await runProgram(
      {
        name: "netns",
        steps: [
          { name: "unshare", args: [flags(cloneFlags, "CLONE_NEWNET")], why: "a new network namespace" },
          ...loopbackSteps(),
          {
            name: "mount",
            args: ["/proc/self/ns/net", path, 0, flags(mountFlags, "MS_BIND"), 0],
            why: "a mount keeps it when the process that made it is gone",
          },
          { name: "exit_group", args: [0], why: "done" },
        ],
      },
      executor,
    );
  } catch (error) {
    unlinkSync(path);
    throw badNamespace("make", path, error);
  }
}

/** Takes the file away, and with it the namespace, unless processes are still in it. Nothing happens when it is gone. */
export function removeNetns(path: string): void {
  try {
    // EINVAL: no mount is on the file.
    syscallUnless(["EINVAL", "ENOENT"], "umount2", cString(path), MNT_DETACH);
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw badNamespace("remove", path, error);
  }
}

function badNamespace(verb: string, path: string, cause: unknown) {
  return failure("LINUX_BAD_NAMESPACE", `cannot ${verb} the network namespace ${path}: ${messageOf(cause)}`, {
    details: { path },
    cause,
  });
}
