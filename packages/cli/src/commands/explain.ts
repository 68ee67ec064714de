import { Command } from "commander";
import { explainText } from "../explain/explain.ts";
import { print } from "../output/print.ts";

export function explainCommand(): Command {
  return new Command("explain")
    .argument("<field>", "a kind, or a path below one")
    .option("--recursive", "all fields below, by name")
    .addHelpText(
      "after",
      "\nExamples:\n  drydock explain workload\n  drydock explain pod.spec.containers.readinessProbe\n",
    )
    .action((field: string, options: { recursive?: boolean }) => {
      print(explainText(field, options.recursive ?? false));
    });
}
