import { type Lab, nextLab, stateOf } from "@drydock/labs";
import { print } from "../output/print.ts";
import { type Course, type CourseOptions, folderOf } from "./course.ts";
import { labData } from "./list.ts";
import { painted } from "./style.ts";

/** Where the learner stands in one lab, and the one thing to do next. */
export function printStatus(course: Course, lab: Lab, options: CourseOptions & { json?: boolean }): void {
  const known = course.progress.labs[lab.id];
  const state = stateOf(course.progress, lab.id);
  const folder = folderOf(course, lab, options);
  if (options.json) {
    print(JSON.stringify({ ...labData(lab, known, state), folder }, null, 2));
    return;
  }
  const isPassed = (id: string): boolean => state === "passed" || (known?.passedSteps.includes(id) ?? false);
  const todo = lab.steps.find(({ id }) => !isPassed(id));
  const lines = [
    `${painted("bold", `${lab.number} ${lab.title}`)}   ${state}`,
    `  ${folder}`,
    ...lab.steps.map(({ id, title }, at) => `  ${isPassed(id) ? "ok" : " -"}   ${at + 1}. ${title}`),
    "",
    known ? `${known.tries} tries, ${known.hintsShown} of ${lab.hints.length} hints` : "not started",
    state === "passed" ? nextText(course) : known ? `Now: ${todo?.title}` : `Start: drydock lab start ${lab.id}`,
  ];
  print(lines.join("\n"));
}

/** The command that goes on with the course. */
export function nextText({ labs, progress }: Course): string {
  const next = nextLab(labs, progress);
  if (!next) return "All labs are passed.";
  return stateOf(progress, next.id) === "started"
    ? `Go on with ${next.title}: drydock lab check ${next.id}`
    : `Next: drydock lab start ${next.id}   (${next.title}, ${next.minutes} minutes)`;
}
