import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../store/remove-tree.ts";

/** A directory for one test, removed with everything in it when the test ends, however it ends. */
export async function temporaryDirectory(t: { teardown(action: () => unknown): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-oci-"));
  t.teardown(() => removeTree(directory));
  return directory;
}
