import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { digestHex, digestOf } from "../digest.ts";
import { fileChunks } from "../file-chunks.ts";
import { normalizeReference, parseReference } from "../reference/parse-reference.ts";
import { mediaType } from "../spec/media-types.ts";
import { hostPlatform, type Platform } from "../spec/platform.ts";
import { type FoundContent, writeVerified } from "../store/blob-store.ts";
import { type NewEntry, writeTar } from "../tar/write.ts";
import type { ImageConfig } from "../types.ts";
import { directoryEntries } from "./directory-entries.ts";
import { entryOf, type ImageFile } from "./image-file.ts";

export interface BuildOptions {
  /** Base first: each from a list of files, or from a directory that holds the root. */
  layers: ({ files: ImageFile[] } | { rootfs: string })[];
  config: ImageConfig;
  /** Reference under which tools find the image in the layout. */
  name: string;
  /** The OCI layout tar to write; replaced as a whole. */
  output: string;
  /** This machine's unless stated. */
  platform?: Platform;
  /**
   * Time of the image and of all its files; 1970 unless stated, so that the same input makes the same digest at any
   * time.
   */
  createdAt?: Date;
}

export interface BuiltImage {
  name: string;
  /** Of the manifest. */
  digest: string;
  diffIds: string[];
}

/**
 * Builds an image as a tar of an OCI layout. Layers stay uncompressed: what a compressor writes differs between its
 * versions.
 */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
  const { config, output, platform = hostPlatform(), createdAt = new Date(0) } = options;
  const mtime = Math.floor(createdAt.getTime() / 1000);
  const name = normalizeReference(options.name);
  const work = join(dirname(resolve(output)), `.build-${randomBytes(6).toString("hex")}`);
  await mkdir(work);
  try {
    const layers: (FoundContent & { path: string })[] = [];
    for (const [i, layer] of options.layers.entries()) {
      const path = join(work, String(i));
      const entries = "rootfs" in layer ? directoryEntries(layer.rootfs, mtime) : fileEntries(layer.files, mtime);
      layers.push({ path, ...(await writeVerified(path, writeTar(entries))) });
    }
    const diffIds = layers.map(({ digest }) => digest);
    const created = createdAt.toISOString();
    const { os, architecture, variant } = platform;
    const configText = JSON.stringify({
      created,
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os,
      config,
      rootfs: { type: "layers", diff_ids: diffIds },
      history: diffIds.map(() => ({ created, created_by: "drydock" })),
    });
    const describe = (type: string, text: string) => ({
      mediaType: type,
      digest: digestOf(text),
      size: Buffer.byteLength(text),
    });
    const manifestText = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.ociManifest,
      config: describe(mediaType.ociConfig, configText),
      layers: layers.map(({ digest, size }) => ({ mediaType: mediaType.ociLayer, digest, size })),
    });
    const manifest = describe(mediaType.ociManifest, manifestText);
    const annotations = {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": parseReference(name).tag ?? name,
    };
    const indexText = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.ociIndex,
      manifests: [{ ...manifest, platform, annotations }],
    });

    async function* layout(): AsyncGenerator<NewEntry> {
      const file = (path: string, content: string) => entryOf({ path, content }, mtime);
      yield await file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
      yield await file("index.json", indexText);
      yield await entryOf({ path: "blobs", directory: true }, mtime);
      yield await entryOf({ path: "blobs/sha256", directory: true }, mtime);
      yield await file(blobPath(manifest.digest), manifestText);
      yield await file(blobPath(digestOf(configText)), configText);
      const written = new Set<string>();
      for (const { path, digest, size } of layers) {
        if (written.has(digest)) continue;
        written.add(digest);
        const content = { size, chunks: fileChunks(path) };
        yield { name: blobPath(digest), kind: "file", mode: 0o644, mtime, content };
      }
    }
    const archive = join(work, "archive");
    await writeVerified(archive, writeTar(layout()));
    await rename(archive, output);
    return { name, digest: manifest.digest, diffIds };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/**
 * In the order of their paths, so that it does not matter in which order they were listed; hard links come after
 * everything they may point at.
 */
async function* fileEntries(files: readonly ImageFile[], mtime: number): AsyncGenerator<NewEntry> {
  const byPath = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of byPath) if (!("hardlink" in file)) yield await entryOf(file, mtime);
  for (const file of byPath) if ("hardlink" in file) yield await entryOf(file, mtime);
}
