import { createInterface } from "node:readline";
import { type BeforeStep, manualPages, printStep, steppingExecutor } from "@drydock/linux";
import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";

const help = "Enter: run this step; a number: run until that step; c: run the rest; q: end it here";

/** An executor that shows each step, with the process that is about to make it, and waits for the user. */
export function promptingExecutor() {
  return steppingExecutor(stepPrompt());
}

function stepPrompt(): BeforeStep {
  const input = createInterface({ input: process.stdin });
  const lines = input[Symbol.asyncIterator]();
  /** The step that comes next for the user; of what runs on the way only the calls are shown. */
  let until: number | undefined;
  remark(help);
  return async ({ number, step, program, depth }, of, pid) => {
    const indent = "  ".repeat(depth);
    remark(`${indent}${number}/${of} ${program.name} (pid ${pid}): ${printStep(step)}`);
    if (until !== undefined && number !== until) return;
    until = undefined;
    remark(`${indent}    ${step.why} [${manualPages(step).join(", ")}]`);
    const { value = "c" } = (await lines.next()) as { value?: string };
    const word = value.trim();
    if (word === "q") {
      input.close();
      throw failure("CLUSTER_INTERRUPTED", `ended before step ${number}; nothing of the container is left`);
    }
    if (word === "c") until = 0;
    else if (/^\d+$/.test(word)) until = Number(word);
    else if (word !== "") remark(help);
    // The container's standard input is the same as ours: nobody else may read it any more.
    if (until === 0 || step.name === "execve") input.close();
  };
}
