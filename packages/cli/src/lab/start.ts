import { join, relative } from "node:path";
import { changeProgress, type Lab, makeFolder, missingNeeds, requireNeeds, withStart } from "@drydock/labs";
import { print } from "../output/print.ts";
import { type Course, type CourseOptions, folderOf } from "./course.ts";
import { painted } from "./style.ts";

/** Makes the learner's folder, or finds it as it was left, and says the one thing to do next. Throws LAB_NEEDS, LAB_FOLDER_TAKEN. */
export async function startLab(
  course: Course,
  lab: Lab,
  options: CourseOptions & { vm?: boolean; json?: boolean },
): Promise<void> {
  const vm = options.vm ?? course.progress.labs[lab.id]?.vm ?? false;
  await requireNeeds(lab, { vm });
  const folder = folderOf(course, lab, options);
  const isNew = await makeFolder(folder, lab);
  await changeProgress(course.home, (progress) => withStart(progress, lab.id, new Date(), { vm }));
  if (options.json) {
    const needsVm = (await missingNeeds(lab.needs)).length > 0;
    return print(
      JSON.stringify({ lab: lab.id, folder, created: isNew, vm, needsVm, edit: lab.edit, steps: lab.steps }, null, 2),
    );
  }
  const shown = relative(process.cwd(), folder);
  const at = shown.startsWith("..") ? folder : shown || ".";
  print(
    [
      painted("bold", `${lab.number} ${lab.title}`),
      "",
      `  guide    ${join(at, "README.md")}`,
      `  edit     ${join(at, lab.edit)}`,
      `  check    drydock lab check ${lab.id}   (or watch: again on every save)`,
      "",
      isNew ? `First: ${lab.steps[0]?.title}` : "Your files are as you left them. Go on: drydock lab check",
    ].join("\n"),
  );
}
