/**
 * node run.ts ROOTFS COMMAND ARG…           runs the program of container.ts; the exit code is the command's
 * node run.ts --plan ROOTFS COMMAND ARG…    prints it
 * node run.ts --step ROOTFS COMMAND ARG…    stops before each step: look at the process from a second terminal, then Enter
 *
 * You need not change this file.
 */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import {
  decodeWaitStatus,
  directExecutor,
  printProgram,
  printStep,
  runProgram,
  steppingExecutor,
} from "@drydock/linux";
import { container } from "./container.ts";

const { values, positionals } = parseArgs({
  args: optionsFirst(process.argv.slice(2)),
  allowPositionals: true,
  options: { plan: { type: "boolean" }, step: { type: "boolean" } },
});
const [rootfs = "", ...command] = positionals;
if (command.length === 0) {
  console.error("node run.ts [--plan | --step] ROOTFS COMMAND ARG…");
  process.exit(2);
}
const program = container(rootfs, command);
if (values.plan) {
  console.log(printProgram(program));
} else {
  try {
    const { messages } = await runProgram(program, values.step ? stepper() : directExecutor, {
      inherit: { stdin: 0, stdout: 1, stderr: 2 },
    });
    // What main has written to the report pipe: how its child ended, as wait4(2) says it.
    process.exitCode = decodeWaitStatus(messages[0] ?? 0).code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 125;
  }
}

function stepper() {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let handedOver = false;
  return steppingExecutor(async ({ number, step }, of, pid) => {
    console.error(`\n${number} of ${of}, process ${pid}: ${printStep(step)}\n    ${step.why}`);
    if (handedOver) return;
    const answer = await terminal.question("Enter runs it, q ends: ");
    if (answer.trim() === "q") {
      terminal.close();
      throw new Error("ended before this step");
    }
    // From here on the container reads what is typed.
    handedOver = step.name === "execve";
    if (handedOver) terminal.close();
  });
}

/** Words that begin with a dash after the rootfs belong to the command. */
function optionsFirst(words: string[]): string[] {
  const at = words.findIndex((word) => !word.startsWith("--"));
  return at < 0 ? words : [...words.slice(0, at), "--", ...words.slice(at)];
}
