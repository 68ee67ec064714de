import { changeProgress, type Lab, labError, withHint } from "@drydock/labs";
import { wrap } from "../demo/narrator.ts";
import { print } from "../output/print.ts";
import { type Course, startedProgress } from "./course.ts";

/** The next hint, never all. When all have been shown, says so; `--again` repeats those. Throws LAB_NO_MORE_HINTS. */
export async function nextHint(course: Course, lab: Lab, options: { again?: boolean }): Promise<void> {
  const { hintsShown } = startedProgress(course, lab);
  if (options.again) {
    for (const at of lab.hints.slice(0, hintsShown).keys()) print(hintText(lab, at));
    return;
  }
  if (hintsShown >= lab.hints.length) {
    throw labError("LAB_NO_MORE_HINTS", `all ${lab.hints.length} hints of ${lab.id} have been shown`, {
      hint: "drydock lab hint --again shows them again; drydock lab solution, after a try, shows one way to do it",
    });
  }
  await changeProgress(course.home, (progress) => withHint(progress, lab.id));
  print(hintText(lab, hintsShown));
}

function hintText(lab: Lab, at: number): string {
  return [`Hint ${at + 1} of ${lab.hints.length}:`, ...wrap(lab.hints[at] ?? "", 76).map((line) => `  ${line}`)].join(
    "\n",
  );
}
