import { homedir } from "node:os";
import { join, resolve } from "node:path";
import {
  findLab,
  type Lab,
  type LabProgress,
  labError,
  labFolder,
  loadLabs,
  type Progress,
  readProgress,
} from "@drydock/labs";
import { installationRoot } from "../installation-root.ts";

export interface CourseOptions {
  home?: string;
  folder?: string;
}

/** All labs, and what this learner has done of them. */
export interface Course {
  labs: readonly Lab[];
  /** Where the learner's folders and progress are. */
  home: string;
  progress: Progress;
}

/** From --home, DRYDOCK_LABS_HOME, or ~/drydock-labs. */
export async function openCourse({ home }: CourseOptions): Promise<Course> {
  const at = resolve(home ?? process.env.DRYDOCK_LABS_HOME ?? join(homedir(), "drydock-labs"));
  return { labs: await loadLabs(join(installationRoot(), "labs")), home: at, progress: await readProgress(at) };
}

/** The lab called `name`, or, without one, that which the learner works on. Throws LAB_UNKNOWN, LAB_NOT_STARTED. */
export function chosenLab({ labs, progress }: Course, name: string | undefined): Lab {
  if (name !== undefined) return findLab(labs, name);
  const started = labs.filter(({ id }) => progress.labs[id]);
  const lastFirst = started.toSorted((a, b) =>
    activity(progress.labs[b.id]).localeCompare(activity(progress.labs[a.id])),
  );
  const lab = lastFirst.find(({ id }) => !progress.labs[id]?.passedAt) ?? lastFirst[0];
  if (lab) return lab;
  throw labError("LAB_NOT_STARTED", "no lab has been started yet", {
    hint: `drydock lab start ${labs[0]?.id}; drydock lab list shows all`,
  });
}

function activity(lab: LabProgress | undefined): string {
  return lab?.startedAt ?? "";
}

export function folderOf(course: Course, lab: Lab, options: CourseOptions): string {
  return options.folder === undefined ? labFolder(course.home, lab) : resolve(options.folder);
}

/** For commands that go on from what was started. Throws LAB_NOT_STARTED. */
export function startedProgress({ progress }: Course, lab: Lab): LabProgress {
  const known = progress.labs[lab.id];
  if (known) return known;
  throw labError("LAB_NOT_STARTED", `${lab.id} has not been started`, { hint: `drydock lab start ${lab.id}` });
}
