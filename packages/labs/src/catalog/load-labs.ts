import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { labError } from "../errors.ts";
import type { Lab } from "./lab.ts";
import { parseLab } from "./parse-lab.ts";

/** Every lab below `root` (the folder labs/ of an installation), in the order of the course. Throws LAB_INVALID. */
export async function loadLabs(root: string): Promise<Lab[]> {
  const labs: Lab[] = [];
  for (const milestone of await numbered(root)) {
    for (const folder of await numbered(join(root, milestone))) {
      const path = join(root, milestone, folder);
      labs.push(parseLab(await readFile(join(path, "lab.yaml"), "utf8"), path));
    }
  }
  const twice = labs.find(({ id }, at) => labs.findIndex((lab) => lab.id === id) !== at);
  if (twice) throw labError("LAB_INVALID", `${twice.path}/lab.yaml: another lab is called "${twice.id}", too`);
  return labs;
}

async function numbered(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\d\d-/.test(entry.name))
    .map(({ name }) => name)
    .sort();
}
