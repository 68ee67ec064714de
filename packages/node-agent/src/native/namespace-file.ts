import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "@drydock/kit";

/** Whether a namespace is bound to a file: then it is on another file system (nsfs) than its directory. */
export async function isNamespaceFile(path: string): Promise<boolean> {
  try {
    const [file, directory] = await Promise.all([stat(path), stat(dirname(path))]);
    return file.dev !== directory.dev;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
