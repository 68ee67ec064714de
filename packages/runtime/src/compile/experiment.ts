import { flattenProgram, type NumberedStep, type SyscallProgram } from "@drydock/linux";
import { failure } from "../errors.ts";
import { reaperSteps } from "./reaper.ts";

/** What a learner may do to a program before it runs. Steps are given by their number in the printed plan. */
export interface Experiment {
  /** Left out. */
  skip?: readonly number[];
  /** The last step of the container; then its process only waits, so that one can look at what there is by then. */
  onlyTo?: number;
}

/** The changed program; the steps that are left get new numbers. Throws RUNTIME_BAD_STEP. */
export function changeProgram(program: SyscallProgram, { skip = [], onlyTo }: Experiment): SyscallProgram {
  const steps = flattenProgram(program);
  const at = (number: number): NumberedStep => {
    const found = steps[number - 1];
    if (found) return found;
    throw badStep(number, `the plan has the steps 1 to ${steps.length}`);
  };
  const left = new Set(
    skip.map((number) => {
      const { step } = at(number);
      if (step.child) throw badStep(number, `${step.name} starts ${step.child.name}: there would be no container`);
      return step;
    }),
  );
  const last = onlyTo === undefined ? undefined : at(onlyTo);
  if (last && last.depth < 2) {
    const own = steps.filter(({ depth }) => depth >= 2);
    throw badStep(last.number, `the container's own steps are ${own[0]?.number} to ${own.at(-1)?.number}`);
  }
  const change = (one: SyscallProgram): SyscallProgram => {
    const end = last?.program === one ? one.steps.indexOf(last.step) + 1 : one.steps.length;
    const kept = one.steps
      .slice(0, end)
      // A jump to a place that is cut off would have nowhere to go: its label stays.
      .concat(one.steps.slice(end).filter(({ name }) => name === "label"))
      .filter((step) => !left.has(step))
      .map((step) => (step.child ? { ...step, child: change(step.child) } : step));
    return { ...one, steps: last?.program === one ? [...kept, ...reaperSteps()] : kept };
  };
  return change(program);
}

function badStep(number: number, problem: string) {
  return failure("RUNTIME_BAD_STEP", `step ${number}: ${problem}`, {
    details: { step: number },
    hint: "drydock runtime plan shows the steps with their numbers",
  });
}
