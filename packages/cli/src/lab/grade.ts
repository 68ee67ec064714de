import { availableParallelism } from "node:os";
import { findHandins, findLab, type Grade, grade, gradesCsv, requireNeeds } from "@drydock/labs";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { print, remark } from "../output/print.ts";
import { tableLines } from "../output/table.ts";
import { shorten } from "../output/wrap.ts";
import type { Course, CourseOptions } from "./course.ts";

export interface GradeOptions extends CourseOptions {
  output?: string;
  json?: boolean;
  jobs?: string;
  vm?: boolean;
}

const REASON_WIDTH = 60;

/** Checks one lab, or all, of every folder, and prints one line for each. Ends with 1 unless all pass. The teacher's own progress stays as it is. */
export async function gradeFolders(
  course: Course,
  name: string,
  folders: readonly string[],
  options: GradeOptions,
): Promise<void> {
  const labs = name === "all" ? course.labs : [findLab(course.labs, name)];
  const [only] = labs;
  if (name !== "all" && only) await requireNeeds(only, { vm: options.vm ?? false });
  const jobs = numberOfJobs(options);
  const interrupt = new AbortController();
  const interrupted = (): void =>
    interrupt.abort(failure("CLUSTER_INTERRUPTED", "interrupted; nothing of the checks is left"));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const handins = await findHandins(labs, folders);
  let done = 0;
  const grades = await grade(handins, {
    jobs,
    vm: options.vm ?? false,
    signal: interrupt.signal,
    onGrade: ({ learner, lab, state }) => {
      done += 1;
      if (process.stderr.isTTY) remark(`${done}/${handins.length} ${learner} ${lab}: ${state}`);
    },
  });
  // A home has folders of the labs that were begun: the others say nothing in a table of all.
  const shown = name === "all" ? grades.filter(({ state }) => state !== "missing") : grades;
  print(gradesText(shown, options));
  if (shown.some(({ state }) => state !== "passed")) throw new ExitStatus(1);
}

/** A machine of the lab VM takes 2 GiB: one at a time unless told otherwise. */
function numberOfJobs({ jobs, vm }: GradeOptions): number {
  if (jobs === undefined) return vm ? 1 : availableParallelism();
  const number = Number(jobs);
  if (Number.isInteger(number) && number > 0) return number;
  throw failure("CLI_USAGE", `--jobs is "${jobs}"`, { hint: "a whole number above 0" });
}

function gradesText(grades: readonly Grade[], { output, json }: GradeOptions): string {
  if (json || output === "json") return JSON.stringify(grades, null, 2);
  if (output === "csv") return gradesCsv(grades);
  const lines = tableLines(
    ["learner", "lab", "state", "steps", "not done, because"],
    grades.map((one) => [
      one.learner,
      one.lab,
      one.state + (one.checkEdited ? " (check changed)" : "") + (one.contained ? "" : " (not contained)"),
      `${one.stepsPassed}/${one.steps}`,
      one.reason === undefined
        ? "-"
        : shorten(`${one.failedStep ? `${one.failedStep}: ` : ""}${one.reason}`, REASON_WIDTH),
    ]),
  );
  const passed = grades.filter(({ state }) => state === "passed").length;
  return `${lines.join("\n")}\n\n${passed} of ${grades.length} passed`;
}
