import { Command } from "commander";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function pauseCommand(): Command {
  return new Command("pause")
    .description("freeze all processes of a container")
    .argument("<id>", "the container")
    .action(reported(async (id: string, _options, command: Command) => openRuntime(command).pause(id)));
}

export function resumeCommand(): Command {
  return new Command("resume")
    .description("let the processes of a paused container go on")
    .argument("<id>", "the container")
    .action(reported(async (id: string, _options, command: Command) => openRuntime(command).resume(id)));
}
