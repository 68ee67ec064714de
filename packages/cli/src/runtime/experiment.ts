import { chooseForCommand, type Executor } from "@drydock/linux";
import { changeProgram } from "@drydock/runtime";
import { wholeNumber } from "../parse/whole-number.ts";
import { promptingExecutor } from "./step-prompt.ts";

export interface ExperimentFlags {
  step?: boolean;
  skip?: string[];
  onlyTo?: string;
}

/** An executor that runs a changed program, or stops before each step; undefined when nothing of this was asked for. */
export function experimentalExecutor({ step, skip = [], onlyTo }: ExperimentFlags): Executor | undefined {
  if (!step && skip.length === 0 && onlyTo === undefined) return undefined;
  const inner = step ? promptingExecutor() : chooseForCommand();
  const experiment = {
    skip: skip.map((text) => wholeNumber(text, "--skip")),
    ...(onlyTo === undefined ? {} : { onlyTo: wholeNumber(onlyTo, "--only-to") }),
  };
  return {
    name: inner.name,
    launch: (program, options) => inner.launch(changeProgram(program, experiment), options),
  };
}
