import { mkdir, stat } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";
import { imageError } from "../errors.ts";
import { malformed } from "../spec/check.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { removeTree } from "../store/remove-tree.ts";
import { joinConfig, type ResolvedImage, resolveManifest } from "../store/resolve-image.ts";
import type { StorePaths } from "../store/store-paths.ts";
import type { Descriptor } from "../types.ts";
import type { LayerLimits } from "../unpack/limits.ts";
import { directoryFiles } from "./directory-files.ts";
import { findImage } from "./find-image.ts";
import type { ArchiveFiles, FoundImage } from "./image-source.ts";
import { extractTarFiles } from "./tar-files.ts";

export interface ImportContext {
  paths: StorePaths;
  blobs: BlobStore;
  limits: LayerLimits;
  signal?: AbortSignal | undefined;
}

export interface ImportedImage extends ResolvedImage {
  descriptor: Descriptor;
}

/**
 * Copies the blobs of one image, for this machine's platform, from a directory or archive into the store. Naming it is
 * the caller's.
 */
export async function importImage(path: string, name: string, context: ImportContext): Promise<ImportedImage> {
  const { paths, limits, signal } = context;
  if (await isDirectory(path)) return await importFrom(directoryFiles(path), name, context);
  const directory = paths.temporary();
  try {
    await mkdir(directory, { mode: 0o700 });
    return await importFrom(await extractTarFiles(path, directory, limits, signal), name, context);
  } finally {
    await removeTree(directory);
  }
}

async function importFrom(files: ArchiveFiles, name: string, context: ImportContext): Promise<ImportedImage> {
  const found = await findImage(files, name);
  const store = async (descriptor: Descriptor) => await storeBlob(files, found, descriptor, context);
  const text = async (descriptor: Descriptor): Promise<string> => {
    await store(descriptor);
    return (await context.blobs.text(descriptor.digest)) as string;
  };
  const { descriptor, manifest } = await resolveManifest(found.root, text);
  const image = joinConfig(descriptor, manifest, await text(manifest.config));
  for (const layer of manifest.layers) await store(layer);
  return { ...image, descriptor };
}

async function storeBlob(
  files: ArchiveFiles,
  found: FoundImage,
  { digest, size }: Descriptor,
  { blobs, signal }: ImportContext,
): Promise<void> {
  signal?.throwIfAborted();
  if (await blobs.has(digest, size)) return;
  const document = found.documents.get(digest);
  if (document !== undefined) {
    await blobs.write(chunksOf(document), digest, size);
    return;
  }
  const file = found.fileOf(digest);
  if (file === undefined) throw malformed(files.path, `lacks the blob ${digest}`);
  try {
    await blobs.write(files.read(file), digest, size);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw malformed(files.path, `lacks the blob ${digest}`, error);
    throw error;
  }
}

async function* chunksOf(text: string) {
  yield Buffer.from(text);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    throw imageError("IMAGE_NOT_FOUND", `${path}: no such file or directory`, {
      details: { path },
      hint: "give an OCI layout directory, a tar of one, or an archive made by docker save",
    });
  }
}
