import { Command } from "commander";
import { reportRun } from "../report-run.ts";

export function syscallsCommand(): Command {
  return new Command("syscalls")
    .description("run a command, and say which system calls it and its children made")
    .argument("<command...>", "the command, after --")
    .addHelpText(
      "after",
      `
The report goes to standard error; with -o json it goes to standard output, and the command's output to standard error. -o wide lists every call.
The exit code is the command's. Needs strace.

Examples:
  drydock inspect syscalls -- ls /
  drydock inspect syscalls -o wide -- sh -c 'sleep 1 & wait'
`,
    )
    .action(async (words: string[], _options, command: Command) => {
      const [{ traceCommand }, { traceReport }] = await Promise.all([
        import("../syscalls/trace.ts"),
        import("../syscalls/report.ts"),
      ]);
      await reportRun(command, async (options) => {
        const trace = await traceCommand(words, options);
        return { end: trace.end, report: traceReport(trace) };
      });
    });
}
