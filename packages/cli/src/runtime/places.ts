import { resolve } from "node:path";
import { findCgroup2 } from "@drydock/linux";
import { cgroupOf, type StartRequest } from "@drydock/runtime";
import type { Command } from "commander";

const defaultRoot = "/run/drydock/runtime";

/** --root of `drydock runtime`: one directory per container below it. */
export function stateDirOf(command: Command): string {
  return resolve((command.optsWithGlobals().root as string | undefined) ?? defaultRoot);
}

/** Where a container would be, for its plan: the same as `run` takes. */
export function placesOf(command: Command, { id, config }: StartRequest): { stateDir: string; cgroup: string } {
  return { stateDir: stateDirOf(command), cgroup: cgroupOf(findCgroup2(), id, config) };
}
