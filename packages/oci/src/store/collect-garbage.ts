import { readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasCode, type Logger } from "@drydock/kit";
import type { Descriptor } from "../types.ts";
import { LayerStore } from "./layer-store.ts";
import { removeTree } from "./remove-tree.ts";
import type { ResolvedImage } from "./resolve-image.ts";
import { withStoreLock } from "./store-lock.ts";
import type { StorePaths } from "./store-paths.ts";

export interface GarbageOptions {
  paths: StorePaths;
  /** Manifests that have a name; asked for under the lock. */
  manifests: () => Promise<Descriptor[]>;
  read: (manifest: Descriptor) => Promise<ResolvedImage>;
  /** Directories of layers, as the store gave them out, that containers still use. */
  inUse: Iterable<string>;
  logger: Logger;
}

/** How long running pulls and imports are waited for, ms. */
const lockWaitMs = 5_000;

/**
 * Deletes what no name leads to. Under the exclusive lock nobody is adding anything, so all of `tmp` and every blob
 * without a name are left over from something that failed or was killed. A layer is moved to `tmp` before it is
 * deleted: there is never a half of one at its place.
 */
export async function collectGarbage(options: GarbageOptions): Promise<number> {
  const { paths, logger } = options;
  const freedBytes = await withStoreLock(paths.lock, "exclusive", () => sweep(options), { waitMs: lockWaitMs });
  logger.info({ freedBytes }, "image garbage collected");
  return freedBytes;
}

async function sweep(options: GarbageOptions): Promise<number> {
  const { paths, manifests, inUse } = options;
  const keptBlobs = new Set<string>();
  const keptLayers = new Set<string>();
  for (const descriptor of await manifests()) {
    keptBlobs.add(paths.blob(descriptor.digest));
    const image = await readSound(descriptor, options);
    for (const { digest } of image ? [image.manifest.config, ...image.manifest.layers] : [])
      keptBlobs.add(paths.blob(digest));
    for (const id of LayerStore.ids(image?.config.diffIds ?? [])) keptLayers.add(paths.layer(id));
  }
  // By the layer's own name: another process may see the store at another path.
  for (const directory of inUse) keptLayers.add(join(paths.layers, basename(dirname(directory))));

  let freed = 0;
  for (const name of await readdir(paths.blobs)) {
    const path = join(paths.blobs, name);
    if (keptBlobs.has(path)) continue;
    freed += (await stat(path)).size;
    await unlink(path);
  }
  for (const name of await readdir(paths.layers)) {
    const path = join(paths.layers, name);
    if (!keptLayers.has(path)) await rename(path, paths.temporary());
  }
  for (const name of await readdir(paths.tmp)) freed += await removeTree(join(paths.tmp, name));
  return freed;
}

/** An image that cannot be read any more keeps nothing but its name: it must be pulled again anyhow. */
async function readSound(descriptor: Descriptor, { read, logger }: GarbageOptions): Promise<ResolvedImage | undefined> {
  try {
    return await read(descriptor);
  } catch (error) {
    if (!hasCode(error)) throw error;
    logger.warn({ digest: descriptor.digest, error: error.message }, "damaged image keeps no layers");
    return undefined;
  }
}
