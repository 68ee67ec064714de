import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { findCgroup2 } from "@drydock/linux";
import { cgroupOf, type StartRequest } from "@drydock/runtime";
import type { Command } from "commander";

/** Root's is gone with a reboot, as containers are; an ordinary user's is what was made at login, else below the home. */
function defaultRoot(): string {
  if (process.geteuid?.() === 0) return "/run/drydock/runtime";
  const own = process.env.XDG_RUNTIME_DIR;
  return own ? join(own, "drydock/runtime") : join(homedir(), ".drydock/runtime");
}

/** --root of `drydock runtime`: one directory per container below it. */
export function stateDirOf(command: Command): string {
  return stateDirIn(command.optsWithGlobals().root as string | undefined);
}

export function stateDirIn(root: string | undefined): string {
  return resolve(root ?? defaultRoot());
}

/** Where a container would be, for its plan: the same as `run` takes. */
export function placesOf(command: Command, { id, config }: StartRequest): { stateDir: string; cgroup: string } {
  return { stateDir: stateDirOf(command), cgroup: cgroupOf(findCgroup2(), id, config) };
}
