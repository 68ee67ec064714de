import { Command } from "commander";
import { mannerOf, printReport } from "../report.ts";
import { resolveTarget, targetHelp } from "../target.ts";

export function procCommand(): Command {
  const proc = new Command("proc").description("processes: what runs, and what the kernel knows of it").addHelpText(
    "after",
    `
Examples:
  drydock inspect proc ls --contained
  drydock inspect proc show self
  drydock inspect proc tree node/node-1
`,
  );
  proc
    .command("ls")
    .alias("list")
    .description("list the processes, and which namespaces they do not share with you")
    .option("--kernel", "threads of the kernel too")
    .option("--contained", "only those that are in a namespace that you are not in")
    .addHelpText("after", "\nExample:\n  drydock inspect proc ls --contained -o wide\n")
    .action(async (options: { kernel?: boolean; contained?: boolean }, command: Command) => {
      const { procLs } = await import("../proc/ls.ts");
      printReport(procLs(options), await mannerOf(command));
    });
  proc
    .command("show")
    .description("show all about one process: program, memory, rights, namespaces, cgroups, files")
    .argument("<process>", targetHelp)
    .addHelpText(
      "after",
      "\nExamples:\n  drydock inspect proc show 1\n  drydock inspect proc show pod/web-6c9f8-x2x8z -o json\n",
    )
    .action(async (name: string, _options, command: Command) => {
      const { procShow } = await import("../proc/show.ts");
      printReport(procShow(await resolveTarget(command, name)), await mannerOf(command));
    });
  proc
    .command("tree")
    .description("show who started whom, and where new namespaces begin")
    .argument("[process]", `only this one and what it started: ${targetHelp}`)
    .option("--kernel", "threads of the kernel too")
    .addHelpText("after", "\nExample:\n  drydock inspect proc tree node/node-1\n")
    .action(async (name: string | undefined, options: { kernel?: boolean }, command: Command) => {
      const { procTree } = await import("../proc/tree.ts");
      const root = name === undefined ? undefined : await resolveTarget(command, name);
      printReport(procTree(root, options), await mannerOf(command));
    });
  return proc;
}
