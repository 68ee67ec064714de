import { parseSignal } from "@drydock/linux";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { reported } from "./log-file.ts";
import { openRuntime } from "./open-runtime.ts";

export function killCommand(): Command {
  return new Command("kill")
    .description("send a signal to the first process of a container")
    .argument("<id>", "the container")
    .argument("[signal]", "name or number", "TERM")
    .option("-a, --all", "to every process of the container")
    .action(
      reported(async (id: string, name: string, { all = false }: { all?: boolean }, command: Command) => {
        const signal = parseSignal(name);
        if (signal === undefined) {
          throw failure("CLI_USAGE", `"${name}" is not a signal`, { hint: "e.g. TERM, KILL or 9" });
        }
        await openRuntime(command).kill(id, signal, { all });
      }),
    );
}
