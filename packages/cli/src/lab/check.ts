import {
  type CheckVerdict,
  changeProgress,
  type Lab,
  nextLab,
  requireNeeds,
  runCheck,
  withVerdict,
} from "@drydock/labs";
import { failure } from "../errors.ts";
import { ExitStatus } from "../exit-status.ts";
import { print } from "../output/print.ts";
import { type Course, type CourseOptions, folderOf } from "./course.ts";
import { verdictText } from "./verdict-text.ts";

export interface CheckCommandOptions extends CourseOptions {
  vm?: boolean;
  json?: boolean;
  /** False leaves the progress as it is: a teacher's look. */
  record?: boolean;
}

/** Checks, remembers and shows. Ends with 1 when the lab is not passed. */
export async function checkLab(course: Course, lab: Lab, options: CheckCommandOptions): Promise<void> {
  const interrupt = new AbortController();
  const interrupted = (): void =>
    interrupt.abort(failure("CLUSTER_INTERRUPTED", "interrupted; nothing of the check is left"));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const verdict = await checkOnce(course, lab, options, interrupt.signal);
  if (!verdict.passed) throw new ExitStatus(1);
}

export async function checkOnce(
  course: Course,
  lab: Lab,
  options: CheckCommandOptions,
  signal: AbortSignal,
): Promise<CheckVerdict> {
  const vm = options.vm ?? course.progress.labs[lab.id]?.vm ?? false;
  await requireNeeds(lab, { vm });
  const verdict = await runCheck(lab, folderOf(course, lab, options), { vm, signal });
  const after = withVerdict(course.progress, verdict, new Date());
  print(options.json ? JSON.stringify(verdict, null, 2) : verdictText(lab, verdict, nextLab(course.labs, after)));
  // After it was shown: a disk without room does not take the verdict away.
  if (options.record !== false) await changeProgress(course.home, (before) => withVerdict(before, verdict, new Date()));
  return verdict;
}
