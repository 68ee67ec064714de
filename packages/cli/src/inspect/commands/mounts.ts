import { Command } from "commander";
import { mannerOf, printReport } from "../report.ts";
import { resolveTarget, targetHelp } from "../target.ts";

export function mountsCommand(): Command {
  return new Command("mounts")
    .description("show the mounts of a process as a tree, and where mounts made there spread")
    .argument("<process>", targetHelp)
    .addHelpText(
      "after",
      "\nExamples:\n  drydock inspect mounts self\n  drydock inspect mounts pod/web-6c9f8-x2x8z -o json\n",
    )
    .action(async (name: string, _options, command: Command) => {
      const { mountsOf } = await import("../mounts/mounts.ts");
      printReport(mountsOf(await resolveTarget(command, name)), await mannerOf(command));
    });
}
