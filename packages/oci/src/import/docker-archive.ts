import { digestOf } from "../digest.ts";
import { formatReference, parseReference } from "../reference/parse-reference.ts";
import { asArray, asObject, asString, asStrings, malformed } from "../spec/check.ts";
import { mediaType } from "../spec/media-types.ts";
import type { Descriptor } from "../types.ts";
import { compressionOf } from "../unpack/decompress.ts";
import type { ArchiveFiles, FoundImage } from "./image-source.ts";

const layerTypes = { none: mediaType.ociLayer, gzip: mediaType.ociLayerGzip, zstd: mediaType.ociLayerZstd };

/**
 * An image in an archive of `docker save` (docker's image spec 1.2, "Combined Image JSON + Filesystem Changeset
 * Format"). It has no manifest in our sense, so one is made from its parts; the same archive always gives the same
 * digest.
 */
export async function dockerArchiveImage(files: ArchiveFiles, name: string): Promise<FoundImage> {
  const what = `${files.path}: manifest.json`;
  const item = chooseByTag(what, parseList(what, (await files.text("manifest.json")) ?? ""), name);
  const configName = asString(what, "Config", item.Config);
  const layerNames = asStrings(what, "Layers", item.Layers);
  const fileNames = new Map<string, string>();

  const describe = async (file: string, type: string): Promise<Descriptor> => {
    const content = await files.content(file);
    if (content === undefined) throw malformed(what, `names ${file}, which is not in the archive`);
    fileNames.set(content.digest, file);
    return { mediaType: type, digest: content.digest, size: content.size };
  };
  const config = await describe(configName, mediaType.ociConfig);
  const layers: Descriptor[] = [];
  for (const layer of layerNames) layers.push(await describe(layer, await layerType(files, layer)));
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociManifest, config, layers });
  const digest = digestOf(manifest);
  return {
    root: { mediaType: mediaType.ociManifest, digest, size: Buffer.byteLength(manifest) },
    fileOf: (wanted) => fileNames.get(wanted),
    documents: new Map([[digest, manifest]]),
  };
}

function parseList(what: string, text: string): Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(what, "is not JSON", error);
  }
  return asArray(what, "the document", value).map((item, i) => asObject(what, `[${i}]`, item));
}

function chooseByTag(what: string, items: Record<string, unknown>[], name: string): Record<string, unknown> {
  const [first] = items;
  if (first === undefined) throw malformed(what, "names no image");
  if (items.length === 1) return first;
  const tagsOf = (item: Record<string, unknown>) => asStrings(what, "RepoTags", item.RepoTags);
  const chosen = items.find((item) => tagsOf(item).some((tag) => formatReference(parseReference(tag)) === name));
  if (chosen) return chosen;
  throw malformed(what, `has ${items.length} images and none is called ${name}: ${items.flatMap(tagsOf).join(", ")}`);
}

async function layerType(files: ArchiveFiles, name: string): Promise<string> {
  if ((await files.content(name)) === undefined) return mediaType.ociLayer;
  for await (const chunk of files.read(name)) return layerTypes[compressionOf(chunk)];
  return mediaType.ociLayer;
}
