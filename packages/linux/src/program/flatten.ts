import type { Step, SyscallProgram } from "./program.ts";

export interface NumberedStep {
  /** 1 for the first. */
  number: number;
  step: Step;
  program: SyscallProgram;
  /** Forks between the first program and this one. */
  depth: number;
}

/** All steps of a program and its children in reading order, without labels: what a child runs comes right after the fork. */
export function flattenProgram(program: SyscallProgram): NumberedStep[] {
  const result: NumberedStep[] = [];
  const visit = (one: SyscallProgram, depth: number): void => {
    for (const step of one.steps) {
      if (step.name === "label") continue;
      result.push({ number: result.length + 1, step, program: one, depth });
      if (step.child) visit(step.child, depth + 1);
    }
  };
  visit(program, 0);
  return result;
}
