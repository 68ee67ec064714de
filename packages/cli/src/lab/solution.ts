import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { changeProgress, type Lab, labError, withSolutionSeen } from "@drydock/labs";
import { print } from "../output/print.ts";
import { type Course, startedProgress } from "./course.ts";

/** Prints one way to do it, after a real try or when the learner insists. Throws LAB_SOLUTION_EARLY. */
export async function showSolution(course: Course, lab: Lab, options: { yes?: boolean }): Promise<void> {
  const { tries, passedAt } = startedProgress(course, lab);
  if (tries === 0 && !passedAt && !options.yes) {
    throw labError("LAB_SOLUTION_EARLY", `${lab.id} has not been tried yet`, {
      hint: `drydock lab check ${lab.id} first, drydock lab hint ${lab.id} helps; --yes shows it all the same`,
    });
  }
  await changeProgress(course.home, (progress) => withSolutionSeen(progress, lab.id, new Date()));
  const directory = join(lab.path, "solution");
  for (const name of (await readdir(directory)).sort()) {
    print(`// ${join(directory, name)}\n\n${await readFile(join(directory, name), "utf8")}`);
  }
}
