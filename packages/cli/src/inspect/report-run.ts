import type { Command } from "commander";
import { ExitStatus } from "../exit-status.ts";
import { remark } from "../output/print.ts";
import { mannerOf, printReport, type Report, reportText, styleFor } from "./report.ts";
import type { CommandEnd, RunOptions } from "./run-command.ts";

/**
 * Runs a command with our streams and reports on it afterwards, beside its output: on standard error, or, as JSON, on standard output with the command's
 * own output on standard error. Ends with the command's exit code.
 */
export async function reportRun(
  command: Command,
  run: (options: RunOptions) => Promise<{ end: CommandEnd; report: Report }>,
): Promise<void> {
  const manner = await mannerOf(command, process.stderr);
  const { end, report } = await run({ outputToStderr: manner.json });
  if (manner.json) printReport(report, manner);
  else remark(reportText(report, manner, styleFor(process.stderr)));
  if (end.exitCode !== 0) throw new ExitStatus(end.exitCode);
}
