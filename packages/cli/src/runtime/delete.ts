import { Command } from "commander";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function deleteCommand(): Command {
  return new Command("delete")
    .description("remove what is left of stopped containers")
    .argument("<ids...>", "the containers")
    .option("-f, --force", "kill them first; one that is not there is no error")
    .action(
      reported(async (ids: string[], { force = false }: { force?: boolean }, command: Command) => {
        const runtime = openRuntime(command);
        for (const id of ids) {
          // The port's delete is idempotent; a command line that names nothing is a mistake.
          if (!force) await runtime.state(id);
          await runtime.delete(id, { force });
        }
      }),
    );
}
