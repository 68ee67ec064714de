import { readFileSync } from "node:fs";
import { readStat } from "@drydock/linux";
import { Command } from "commander";
import { print } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function psCommand(): Command {
  return new Command("ps")
    .description("list the processes of a container, with their pids on the host")
    .argument("<id>", "the container")
    .option("-f, --format <format>", "table or json", "table")
    .action(
      reported(async (id: string, { format }: { format: string }, command: Command) => {
        const pids = await openRuntime(command).processes(id);
        if (format === "json" || command.optsWithGlobals().output === "json") print(JSON.stringify(pids));
        else print(tableLines(["pid", "ppid", "state", "command"], pids.flatMap(row)).join("\n"));
      }),
    );
}

function row(pid: number): [number, number, string, string][] {
  const stat = readStat(pid);
  if (!stat) return []; // It has ended since.
  return [[pid, stat.parent, stat.state, commandOf(pid) || `[${stat.command}]`]];
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    // It has ended since its stat was read.
    return "";
  }
}
