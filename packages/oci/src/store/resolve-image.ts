import { imageError } from "../errors.ts";
import { malformed } from "../spec/check.ts";
import { type ConfigDocument, parseConfig } from "../spec/config.ts";
import { type Manifest, parseManifest } from "../spec/manifest.ts";
import { choosePlatform, hostPlatform, platformError, platformScore, platformText } from "../spec/platform.ts";
import type { Descriptor } from "../types.ts";
import type { BlobStore } from "./blob-store.ts";
import type { StoredLayer } from "./layer-store.ts";

export interface ResolvedImage {
  manifest: Manifest;
  config: ConfigDocument;
  layers: StoredLayer[];
}

/** An index may name further indexes; more than this many steps is a circle or an attack. */
const maxIndexDepth = 4;

/**
 * From a descriptor of a manifest or an index to the manifest for this machine. `fetch` gets a document's verified
 * text, from wherever it is.
 */
export async function resolveManifest(
  root: Descriptor,
  fetch: (descriptor: Descriptor) => Promise<string>,
): Promise<{ descriptor: Descriptor; manifest: Manifest }> {
  let descriptor = root;
  for (let depth = 0; depth < maxIndexDepth; depth++) {
    const what = `manifest ${descriptor.digest}`;
    const document = parseManifest(what, await fetch(descriptor));
    if (document.kind === "manifest") return { descriptor, manifest: document };
    descriptor = choosePlatform(what, document.manifests, hostPlatform());
  }
  throw malformed(`manifest ${root.digest}`, `indexes are nested deeper than ${maxIndexDepth}`);
}

/** Joins a manifest with its config, and checks that they belong together and to this machine. */
export function joinConfig(descriptor: Descriptor, manifest: Manifest, configText: string): ResolvedImage {
  const what = `config ${manifest.config.digest}`;
  const config = parseConfig(what, configText);
  if (config.diffIds.length !== manifest.layers.length) {
    throw malformed(
      `manifest ${descriptor.digest}`,
      `has ${manifest.layers.length} layers, its config names ${config.diffIds.length}`,
    );
  }
  if (platformScore(hostPlatform(), config) === 0) throw platformError(what, hostPlatform(), [platformText(config)]);
  const layers = manifest.layers.map(({ digest }, i) => ({ digest, diffId: config.diffIds[i] as string }));
  return { manifest, config, layers };
}

/** Reads an image from the store. */
export async function readImage(blobs: BlobStore, descriptor: Descriptor): Promise<ResolvedImage> {
  const manifestText = await needText(blobs, descriptor.digest);
  const manifest = parseManifest(`manifest ${descriptor.digest}`, manifestText);
  if (manifest.kind === "index") throw malformed(`manifest ${descriptor.digest}`, "is an index");
  return joinConfig(descriptor, manifest, await needText(blobs, manifest.config.digest));
}

async function needText(blobs: BlobStore, digest: string): Promise<string> {
  const text = await blobs.text(digest);
  if (text !== undefined) return text;
  throw imageError("IMAGE_NOT_FOUND", `blob ${digest} is missing in the image store, or damaged`, {
    details: { digest },
    hint: "pull or import the image again",
  });
}
