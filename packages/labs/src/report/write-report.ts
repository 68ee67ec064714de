import { messageOf, writeFileAtomic } from "@drydock/kit";
import { labError } from "../errors.ts";

/** Writes a page as a whole: one that was handed in is never a half. Throws LAB_NOT_WRITTEN. */
export async function writeReport(file: string, page: string): Promise<void> {
  try {
    await writeFileAtomic(file, page);
  } catch (error) {
    throw labError("LAB_NOT_WRITTEN", `cannot write ${file}: ${messageOf(error)}`, {
      details: { path: file },
      hint: "make room, or name another file with --file",
      cause: error,
    });
  }
}
