import { readdirSync } from "node:fs";
import { errnoOf, hasCode } from "@drydock/kit";
import { observe } from "../state/observe.ts";
import type { ContainerState } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";

/** All containers of the state directory, by id; see Runtime.list. */
export function list(context: RuntimeContext): ContainerState[] {
  const states: ContainerState[] = [];
  for (const id of containerIds(context.stateDir)) {
    try {
      states.push(observe(id, containerDirectory(context, id)).state);
    } catch (error) {
      // Deleted since the directory was read, or its creation has only begun.
      if (!hasCode(error, "RUNTIME_NOT_FOUND")) throw error;
    }
  }
  return states;
}

function containerIds(stateDir: string): string[] {
  try {
    return readdirSync(stateDir, { withFileTypes: true })
      .filter((one) => one.isDirectory() && !one.name.startsWith("."))
      .map((one) => one.name)
      .sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
