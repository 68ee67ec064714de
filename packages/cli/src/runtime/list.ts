import { Command } from "commander";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { openRuntime } from "./open-runtime.ts";

export function listCommand(): Command {
  return new Command("list")
    .alias("ls")
    .description("list the containers")
    .option("-q, --quiet", "only their names")
    .option("-f, --format <format>", "table or json", "table")
    .action(async (options: { quiet?: boolean; format: string }, command: Command) => {
      const states = await openRuntime(command).list();
      if (options.quiet) {
        for (const { id } of states) print(id);
      } else if (options.format === "json" || command.optsWithGlobals().output === "json") {
        print(JSON.stringify(states));
      } else {
        const rows = states.map(({ id, pid, status, created }) => [id, pid ?? 0, status, created]);
        print(tableLines(["id", "pid", "status", "created"], rows).join("\n"));
      }
    });
}
