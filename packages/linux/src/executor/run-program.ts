import { failure } from "../errors.ts";
import { errnoName, errnoText } from "../kernel/errno.ts";
import { printStep } from "../program/print.ts";
import type { SyscallProgram } from "../program/program.ts";
import type { LaunchReport } from "../program/report.ts";
import { chooseExecutor } from "./choose.ts";
import type { Executor, LaunchOptions } from "./executor.ts";

/** Runs a program that has no caller to explain its failure: a failed step becomes LINUX_STEP_FAILED. */
export async function runProgram(
  program: SyscallProgram,
  executor: Executor = chooseExecutor(),
  options: LaunchOptions = {},
): Promise<LaunchReport> {
  const report = await executor.launch(program, options);
  if (!report.failure) return report;
  const { failed, errno } = report.failure;
  const name = errno === 0 ? "end of file" : errnoName(errno);
  throw failure(
    "LINUX_STEP_FAILED",
    `${program.name}, step ${failed.number} of ${report.steps.length}: ${printStep(failed.step)} = ${name}: ${errnoText(name)} (${failed.step.why})`,
    { details: { program: program.name, step: failed.number, call: printStep(failed.step), errno: name } },
  );
}
