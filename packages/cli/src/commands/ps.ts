import { Command } from "commander";
import { listContainers } from "../containers/list.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function psCommand(): Command {
  return withRuntimeChoice(new Command("ps"))
    .option("-a, --all", "those that ended, too")
    .addHelpText(
      "after",
      `
Examples:
  drydock ps
  drydock ps -a --runtime containerd
  drydock ps -a -o json

Shows the containers of drydock run; those of a cluster: drydock get pods.
`,
    )
    .action((flags: { all?: boolean }, command: Command) => listContainers(command, flags));
}
