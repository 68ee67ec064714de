import { join } from "node:path";
import { ensureDirectory, messageOf, readTextIfExists, writeFileAtomic } from "@drydock/kit";
import { labError } from "../errors.ts";
import { emptyProgress, type Progress } from "./progress.ts";

const NAME = "progress.json";

/** Throws LAB_PROGRESS when the file is damaged: it is never replaced by an empty one on the quiet. */
export async function readProgress(home: string): Promise<Progress> {
  const path = join(home, NAME);
  const text = await readTextIfExists(path);
  if (text === undefined) return emptyProgress;
  try {
    const value = JSON.parse(text) as Progress | null;
    if (value?.version === 1 && typeof value.labs === "object" && value.labs !== null) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw labError("LAB_PROGRESS", `${path} is not a progress file`, {
    hint: `move it away to begin anew: mv ${path} ${path}.damaged`,
    details: { path },
  });
}

/** Reads, changes and writes as a whole: a full disk or a killed process leaves the old file. Throws LAB_PROGRESS. */
export async function changeProgress(home: string, change: (progress: Progress) => Progress): Promise<Progress> {
  const changed = change(await readProgress(home));
  try {
    await ensureDirectory(home);
    await writeFileAtomic(join(home, NAME), `${JSON.stringify(changed, null, 2)}\n`);
  } catch (error) {
    throw labError("LAB_PROGRESS", `cannot write ${join(home, NAME)}: ${messageOf(error)}`, {
      hint: "what was there before is unchanged; make room, or take another folder with --home",
      cause: error,
    });
  }
  return changed;
}
