import { Command } from "commander";
import { engineContext } from "../containers/engine.ts";
import { keep } from "../containers/keeper.ts";
import { withRuntimeChoice } from "../parts/runtime-options.ts";

export function keepCommand(): Command {
  return withRuntimeChoice(new Command("keep"))
    .argument("<name>", "the container")
    .option("--start", "start it first")
    .addHelpText("after", "\nExample:\n  drydock run -d busybox httpd -f      starts it\n")
    .action(async (name: string, { start = false }: { start?: boolean }, command: Command) => {
      await keep(await engineContext(command), name, { start });
    });
}
