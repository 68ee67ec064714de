import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printOperand, type ReportLayout, type Step, type SyscallProgram } from "@drydock/linux";
import type { ProcessConfig } from "../types.ts";

/** What another process needs to explain a step that fails after a gate: each step as it is printed, and the process. */
interface Remembered {
  steps: { step: Step; program: string; depth: number }[];
  /** Address of the entry of each step. */
  addresses: [address: number, index: number][];
  resultNames: string[];
  process: Pick<ProcessConfig, "args" | "env" | "cwd">;
}

const fileName = "layout.json";

/** For `start`, which is not the process that compiled the program. Written before the container is seen as created. */
export function writeLayout(
  directory: string,
  { steps, stepAt, resultNames }: ReportLayout,
  process: ProcessConfig,
): void {
  const indexes = new Map(steps.map((step, index) => [step, index]));
  const remembered: Remembered = {
    steps: steps.map(({ step, program, depth }) => ({ step: asPrinted(step), program: program.name, depth })),
    addresses: [...stepAt].map(([address, step]) => [address, indexes.get(step) ?? 0]),
    resultNames,
    process: { args: process.args, cwd: process.cwd, ...(process.env ? { env: process.env } : {}) },
  };
  writeFileSync(join(directory, fileName), JSON.stringify(remembered));
}

export function readLayout(directory: string): { layout: ReportLayout; process: ProcessConfig } {
  const { steps, addresses, resultNames, process } = JSON.parse(
    readFileSync(join(directory, fileName), "utf8"),
  ) as Remembered;
  const numbered = steps.map(({ step, program, depth }, index) => ({
    number: index + 1,
    step,
    program: { name: program, steps: [] } satisfies SyscallProgram,
    depth,
  }));
  const stepAt = new Map(
    addresses.flatMap(([address, index]) => {
      const step = numbered[index];
      return step ? [[address, step] as const] : [];
    }),
  );
  return { layout: { steps: numbered, stepAt, resultNames }, process };
}

/** Once the container runs its own code there is nothing more to explain. */
export function removeLayout(directory: string): void {
  rmSync(join(directory, fileName), { force: true });
}

/** The same to print, and plain data: arguments are their text. */
function asPrinted({ child: _, args, result, ...step }: Step): Step {
  return {
    ...step,
    args: args.map((arg) => ({ value: 0, text: printOperand(arg) })),
    ...(result === undefined ? {} : { result }),
  };
}
