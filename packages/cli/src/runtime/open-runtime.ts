import { chooseExecutor, type Executor } from "@drydock/linux";
import { createRuntime, type Runtime } from "@drydock/runtime";
import type { Command } from "commander";
import { stateDirOf } from "./places.ts";

/** The runtime on the state directory of this command line. */
export function openRuntime(command: Command, executor: Executor = chooseExecutor()): Runtime {
  return createRuntime({ stateDir: stateDirOf(command), executor });
}
