import { Command } from "commander";
import { removeContainers } from "../containers/stop.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function rmCommand(): Command {
  return withRuntimeChoice(new Command("rm"))
    .argument("<containers...>", "names, or beginnings of ids")
    .option("-f, --force", "kill those that run")
    .addHelpText("after", "\nExamples:\n  drydock rm web\n  drydock rm -f $(drydock ps -o name)\n")
    .action((words: string[], flags: { force?: boolean }, command: Command) => removeContainers(command, words, flags));
}
