import { cp, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureDirectory, pathExists } from "@drydock/kit";
import type { Lab } from "../catalog/lab.ts";
import { labError } from "../errors.ts";

/** Where a learner's copy of a lab is: below the milestone, so that a home is ordered as the course is. */
export function labFolder(home: string, lab: Lab): string {
  return join(home, lab.milestone, lab.path.split("/").at(-1) as string);
}

/**
 * Copies start/ and the guide to the learner's folder, unless that is there already: nothing that a learner wrote is ever replaced.
 * Returns whether it was made. Throws LAB_FOLDER_TAKEN when files are there that no lab was started with.
 */
export async function makeFolder(folder: string, lab: Lab): Promise<boolean> {
  if (await pathExists(join(folder, lab.edit))) return false;
  if ((await pathExists(folder)) && (await readdir(folder)).length > 0) {
    throw labError("LAB_FOLDER_TAKEN", `${folder} has files, but no ${lab.edit}`, {
      hint: `drydock lab reset ${lab.id} moves them aside and begins anew`,
    });
  }
  await ensureDirectory(folder);
  await cp(join(lab.path, "start"), folder, { recursive: true });
  await cp(join(lab.path, "README.md"), join(folder, "README.md"));
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  // Editors find the types of Node, and programs the packages of Drydock.
  const installation = dirname(dirname(dirname(lab.path)));
  await symlink(join(installation, "node_modules"), join(folder, "node_modules"));
  return true;
}

/** Moves what the learner has aside and copies start/ again. Returns where the old files are, if there were any. */
export async function resetFolder(folder: string, lab: Lab): Promise<string | undefined> {
  let aside: string | undefined;
  if (await pathExists(folder)) {
    for (let n = 1; aside === undefined; n++) {
      if (!(await pathExists(`${folder}.before-reset-${n}`))) aside = `${folder}.before-reset-${n}`;
    }
    await rename(folder, aside);
  }
  await makeFolder(folder, lab);
  return aside;
}
