import { Command } from "commander";
import { candidates } from "../completion/candidates.ts";
import { print } from "../output/print.ts";

export function completeCommand(): Command {
  return new Command("__complete")
    .argument("[words...]", "the words so far; the last one is being typed")
    .addHelpText("after", "\nExample:\n  drydock __complete -- get po\n")
    .action(async (words: string[], _options, command: Command) => {
      const found = await candidates(words, command);
      if (found.length > 0) print(found.join("\n"));
    });
}
