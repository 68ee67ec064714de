import { chooseExecutor, type Executor } from "@drydock/linux";
import { changeProgram } from "@drydock/runtime";
import { wholeNumber } from "../parse/whole-number.ts";

export interface ExperimentFlags {
  skip?: string[];
  onlyTo?: string;
}

/** An executor that runs a changed program; undefined when nothing of this was asked for. */
export function experimentalExecutor({ skip = [], onlyTo }: ExperimentFlags): Executor | undefined {
  if (skip.length === 0 && onlyTo === undefined) return undefined;
  const inner = chooseExecutor();
  const experiment = {
    skip: skip.map((text) => wholeNumber(text, "--skip")),
    ...(onlyTo === undefined ? {} : { onlyTo: wholeNumber(onlyTo, "--only-to") }),
  };
  return {
    name: inner.name,
    launch: (program, options) => inner.launch(changeProgram(program, experiment), options),
  };
}
