import { cp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ensureDirectory, messageOf, pathExists } from "@drydock/kit";
import type { Lab } from "../catalog/lab.ts";
import { labError } from "../errors.ts";

/** Where a learner's copy of a lab is: below the milestone, so that a home is ordered as the course is. */
export function labFolder(home: string, lab: Lab): string {
  return join(home, lab.milestone, lab.path.split("/").at(-1) as string);
}

/**
 * Copies start/ and the guide to the learner's folder, unless that is there already: nothing that a learner wrote is ever replaced.
 * Returns whether it was made. The folder appears as a whole: a full disk or a killed command leaves none. Throws LAB_FOLDER_TAKEN when
 * files are there that no lab was started with, and LAB_NOT_WRITTEN.
 */
export async function makeFolder(folder: string, lab: Lab): Promise<boolean> {
  if (await pathExists(join(folder, lab.edit))) return false;
  if ((await pathExists(folder)) && (await readdir(folder)).length > 0) {
    throw labError("LAB_FOLDER_TAKEN", `${folder} has files, but no ${lab.edit}`, {
      hint: `drydock lab reset ${lab.id} moves them aside and begins anew`,
    });
  }
  await written(folder, async () => {
    const made = await prepare(folder, lab);
    await rename(made, folder);
  });
  return true;
}

/** Moves what the learner has aside and copies start/ again. Returns where the old files are, if there were any. Throws LAB_NOT_WRITTEN. */
export async function resetFolder(folder: string, lab: Lab): Promise<string | undefined> {
  let aside: string | undefined;
  await written(folder, async () => {
    // The new one first: without room for it nothing has been moved.
    const made = await prepare(folder, lab);
    if (await pathExists(folder)) {
      aside = await freeName(folder);
      await rename(folder, aside);
    }
    await rename(made, folder);
  });
  return aside;
}

async function freeName(folder: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${folder}.before-reset-${n}`;
    if (!(await pathExists(name))) return name;
  }
}

/** The learner's folder under another name beside its place. What a killed command has left under that name gives way. */
async function prepare(folder: string, lab: Lab): Promise<string> {
  const made = join(dirname(folder), `.${basename(folder)}.making`);
  await ensureDirectory(dirname(folder));
  await rm(made, { recursive: true, force: true });
  try {
    await ensureDirectory(made);
    await cp(join(lab.path, "start"), made, { recursive: true });
    await cp(join(lab.path, "README.md"), join(made, "README.md"));
    await writeFile(join(made, "package.json"), '{ "private": true, "type": "module" }\n');
    // Editors find the types of Node, and programs the packages of Drydock.
    const installation = dirname(dirname(dirname(lab.path)));
    await symlink(join(installation, "node_modules"), join(made, "node_modules"));
    return made;
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function written(folder: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw labError("LAB_NOT_WRITTEN", `cannot make ${folder}: ${messageOf(error)}`, {
      details: { path: folder },
      hint: "nothing has been changed; make room, or take another folder with --home",
      cause: error,
    });
  }
}
