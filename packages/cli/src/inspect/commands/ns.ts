import { Command } from "commander";
import { mannerOf, printReport } from "../report.ts";
import { resolveTarget, targetHelp } from "../target.ts";

export function nsCommand(): Command {
  const ns = new Command("ns")
    .description("namespaces: which there are, who is in them, how two processes differ")
    .addHelpText(
      "after",
      `
Examples:
  drydock inspect ns ls --kind net
  drydock inspect ns show c1
  drydock inspect ns diff self pod/web-6c9f8-x2x8z
`,
    );
  ns.command("ls")
    .alias("list")
    .description("list the namespaces of this machine")
    .option("--kind <kind>", "only pid, mnt, net, uts, ipc, cgroup, user or time")
    .addHelpText("after", "\nExample:\n  drydock inspect ns ls --kind net\n")
    .action(async ({ kind }: { kind?: string }, command: Command) => {
      const { nsLs } = await import("../ns/ls.ts");
      printReport(nsLs(kind), await mannerOf(command));
    });
  ns.command("show")
    .description("show the namespaces of one process, and who else is in them")
    .argument("<process>", targetHelp)
    .addHelpText("after", "\nExample:\n  drydock inspect ns show node/node-1\n")
    .action(async (name: string, _options, command: Command) => {
      const { nsShow } = await import("../ns/show.ts");
      printReport(nsShow(await resolveTarget(command, name)), await mannerOf(command));
    });
  ns.command("diff")
    .description("show in which namespaces two processes differ, and what that comes to")
    .argument("<process>", targetHelp)
    .argument("<other>", "the same")
    .addHelpText(
      "after",
      "\nExamples:\n  drydock inspect ns diff self 1\n  drydock inspect ns diff node/node-1 pod/web-6c9f8-x2x8z\n",
    )
    .action(async (name: string, other: string, _options, command: Command) => {
      const { nsDiff } = await import("../ns/diff.ts");
      printReport(
        nsDiff(await resolveTarget(command, name), await resolveTarget(command, other)),
        await mannerOf(command),
      );
    });
  return ns;
}
