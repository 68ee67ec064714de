import { Command } from "commander";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function startCommand(): Command {
  return new Command("start")
    .description("let a created container run its own code")
    .argument("<id>", "the container")
    .action(
      reported(async (id: string, _options, command: Command) => {
        await openRuntime(command).start(id);
      }),
    );
}
