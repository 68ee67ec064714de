import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTextIfExists } from "@drydock/kit";
import type { Lab } from "./lab.ts";

/** Beside the milestones: `sha256  lab-id` for each lab, written by scripts/lab-checksums.ts. */
export const CHECKSUMS_FILE = "checksums";

/** Of the two files that decide whether a lab is passed. */
export async function labChecksum(lab: Lab): Promise<string> {
  const hash = createHash("sha256");
  for (const name of ["lab.yaml", "check.ts"]) hash.update(await readFile(join(lab.path, name)));
  return hash.digest("hex");
}

/** True when check.ts or lab.yaml of this installation is not what was released: whoever reads a verdict should know. */
export async function checkIsEdited(lab: Lab): Promise<boolean> {
  const known = await readTextIfExists(join(dirname(dirname(lab.path)), CHECKSUMS_FILE));
  const line = known?.split("\n").find((one) => one.endsWith(`  ${lab.id}`));
  return line?.split(" ")[0] !== (await labChecksum(lab));
}
