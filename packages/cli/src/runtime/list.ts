import { Command } from "commander";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";
import { stateData } from "./state.ts";

export function listCommand(): Command {
  return new Command("list")
    .alias("ls")
    .description("list the containers")
    .option("-q, --quiet", "only their names")
    .option("-f, --format <format>", "table or json", "table")
    .action(
      reported(async (options: { quiet?: boolean; format: string }, command: Command) => {
        const states = await openRuntime(command).list();
        if (options.quiet) {
          for (const { id } of states) print(id);
        } else if (options.format === "json" || command.optsWithGlobals().output === "json") {
          print(JSON.stringify(states.map(stateData)));
        } else {
          const rows = states.map(({ id, pid = 0, status, bundle = "", created }) => [
            id,
            pid,
            status,
            bundle,
            created,
          ]);
          print(tableLines(["id", "pid", "status", "bundle", "created"], rows).join("\n"));
        }
      }),
    );
}
