import { join } from "node:path";
import { type Logger, messageOf, pathExists } from "@drydock/kit";
import { openImageStore } from "@drydock/oci";
import { installationRoot } from "../installation-root.ts";

/** What scripts/setup has built, and the names that examples/ uses. */
const images = ["v1", "v2"].map((version) => ({ name: `drydock/web:${version}`, file: `web-${version}.tar` }));

/**
 * Puts the images of the examples into a store that has none yet, so that the first `apply -f examples/web.yaml` finds what it names. Not
 * having them is no reason not to start.
 */
export async function importExampleImages(directory: string, logger: Logger): Promise<void> {
  try {
    const store = await openImageStore({ directory });
    if ((await store.list()).length > 0) return;
    for (const { name, file } of images) {
      const path = join(installationRoot(), ".build/images", file);
      if (await pathExists(path)) await store.import(path, name);
    }
  } catch (error) {
    logger.warn({ directory, error: messageOf(error) }, "the images of the examples could not be imported");
  }
}
