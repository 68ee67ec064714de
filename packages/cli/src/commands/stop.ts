import { Command } from "commander";
import { stopContainers } from "../containers/stop.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function stopCommand(): Command {
  return withRuntimeChoice(new Command("stop"))
    .argument("<containers...>", "names, or beginnings of ids")
    .option("-t, --time <time>", "from the stop signal to SIGKILL, e.g. 30 or 1m; 0 kills at once", "10")
    .addHelpText("after", "\nExamples:\n  drydock stop web\n  drydock stop -t 0 web db\n")
    .action((words: string[], flags: { time: string }, command: Command) => stopContainers(command, words, flags));
}
