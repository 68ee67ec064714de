import { rm, rmdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, pathExists } from "@drydock/kit";
import { dataPaths, logPath } from "./paths.ts";

/** Directories of a cluster that were not there before a start. */
export interface NewDirectories {
  /** After a start that failed: removes those that hold nothing. What was there before stays, as does whatever holds a word on the failure. */
  removeEmpty(): Promise<void>;
}

/** Looks what is there before a start. */
export async function noteNewDirectories(dataDir: string): Promise<NewDirectories> {
  const paths = dataPaths(dataDir);
  const own = [paths.logs, paths.nodes, paths.images, paths.containers];
  const missing: string[] = [];
  for (const path of [...(await missingParents(paths.root)), ...own]) if (!(await exists(path))) missing.push(path);
  return {
    removeEmpty: async () => {
      await removeIfEmpty(logPath(paths, "supervisor"));
      // Those that were made last go first.
      for (const path of missing.toReversed()) await removeDirectory(path);
    },
  };
}

/** The data directory and those above it that it takes, outermost first. */
async function missingParents(path: string): Promise<string[]> {
  if (await exists(path)) return [];
  return [...(await missingParents(dirname(path))), path];
}

/** What cannot be looked at is there. */
function exists(path: string): Promise<boolean> {
  return pathExists(path).catch(() => true);
}

async function removeIfEmpty(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === 0) await rm(file, { force: true });
}

async function removeDirectory(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
  }
}
