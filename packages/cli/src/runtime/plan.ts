import { flattenProgram, manualPages, printStep, type Step, type SyscallProgram } from "@drydock/linux";
import { kernelPrograms, planContainer, readBundle, type StartRequest } from "@drydock/runtime";
import { Command } from "commander";
import { failure } from "../errors.ts";
import { print } from "../output/print.ts";
import { diffPlans } from "./diff-plans.ts";
import { reported } from "./log-file.ts";
import { placesOf } from "./places.ts";

interface Options {
  json?: boolean;
  explain?: boolean;
  diff?: boolean;
  programs?: boolean;
  id: string;
}

export function planCommand(): Command {
  return new Command("plan")
    .description("print a container as the system calls that make it; runs nothing")
    .argument("[bundle]", "directory with config.json; the current one unless given", ".")
    .argument("[other]", "with --diff: the bundle to compare with")
    .option("--json", "the steps as data")
    .option("--explain", "with the reason of each step and the manual pages to read")
    .option("--diff", "only what differs between the plans of two bundles")
    .option(
      "--programs",
      "instead of the steps: what is loaded into the kernel, as listings (seccomp, rules about devices)",
    )
    .option("--id <id>", "name of the container in the plan's paths", "box")
    .addHelpText(
      "after",
      "\nExamples:\n  drydock runtime plan box --explain | less\n  drydock runtime plan --diff box other-box\n  drydock runtime plan box --programs\n",
    )
    .action(
      reported(async (bundle: string, other: string | undefined, options: Options, command: Command) => {
        if (options.diff !== (other !== undefined || undefined)) {
          throw failure("CLI_USAGE", options.diff ? "--diff compares two bundles" : "a plan is of one bundle", {
            hint: "drydock runtime plan --diff BUNDLE OTHER",
          });
        }
        const plan = (directory: string): SyscallProgram => planOf(directory, options.id, command);
        const asJson = options.json || command.optsWithGlobals().output === "json";
        if (options.programs) print(programsOf(bundle, options.id, asJson, command));
        else if (other !== undefined) print(diffPlans(plan(bundle), plan(other)));
        else if (asJson) print(JSON.stringify(planData(plan(bundle)), undefined, 2));
        else print(planTable(plan(bundle), { explain: options.explain ?? false }));
      }),
    );
}

function programsOf(bundle: string, id: string, asJson: boolean, command: Command): string {
  const request = requestFor(bundle, id);
  const programs = kernelPrograms(request, placesOf(command, request));
  if (asJson) return JSON.stringify(programs, undefined, 2);
  if (programs.length === 0) return "nothing is loaded into the kernel for this container";
  return programs
    .map(({ name, when, listing }) => `${name}: run ${when}\n${listing}`)
    .join("\n")
    .trimEnd();
}

function planOf(bundle: string, id: string, command: Command): SyscallProgram {
  const request = requestFor(bundle, id);
  return planContainer(request, placesOf(command, request));
}

function requestFor(bundle: string, id: string): StartRequest {
  const config = readBundle(bundle);
  // What `run` makes is a new pty each time; its place in the plan is taken by a name that every machine has.
  const terminal = { stdin: "/dev/tty", stdout: "/dev/tty", stderr: "/dev/tty" };
  return { id, config, stdio: config.process.terminal ? terminal : "inherit" };
}

/** One object per step, numbered as in the table and in messages of failed steps. */
export function planData(program: SyscallProgram): object[] {
  return flattenProgram(program).map(({ number, step, program: { name }, depth }) => ({
    step: number,
    process: name,
    depth,
    name: step.name,
    call: printStep(step),
    why: step.why,
    manual: manualPages(step),
  }));
}

/** The steps in columns. What a child runs comes right below the fork, indented; labels are no steps and have no number. */
export function planTable(program: SyscallProgram, { explain }: { explain: boolean }): string {
  const nameWidth = Math.max(
    "process".length,
    ...flattenProgram(program).map((one) => one.program.name.length + one.depth * 2),
  );
  const lines = [`STEP  ${"PROCESS".padEnd(nameWidth)}  CALL`];
  let number = 0;
  const visit = (one: SyscallProgram, indent: string): void => {
    const process = (indent + one.name).padEnd(nameWidth);
    for (const step of one.steps) {
      const isLabel = step.name === "label";
      lines.push(`${(isLabel ? "" : String(++number)).padStart(4)}  ${process}  ${indent}${printStep(step)}`);
      if (explain && !isLabel) lines.push(`${" ".repeat(nameWidth + 8)}${indent}  ${reasonOf(step)}`);
      if (step.child) visit(step.child, `${indent}  `);
    }
  };
  visit(program, "");
  return lines.join("\n");
}

function reasonOf(step: Step): string {
  const pages = manualPages(step);
  return pages.length === 0 ? step.why : `${step.why} [${pages.join(", ")}]`;
}
