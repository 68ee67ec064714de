import { hasCode } from "@drydock/kit";
import type { ImageContent } from "@drydock/oci";
import type { CallOptions } from "../api/call.ts";
import type { Descriptor } from "../api/common.ts";
import type { ContainerdServices } from "../api/services.ts";
import { writeBlob } from "../content/write-blob.ts";
import { unpackLayers } from "./unpack-image.ts";

export interface ImageToAdd {
  /** Full reference, e.g. `docker.io/library/busybox:1.36`. */
  name: string;
  content: ImageContent;
  /** Digests of the uncompressed layers, base first. */
  diffIds: readonly string[];
  snapshotter: string;
  onProgress?: (progress: AddProgress) => void;
}

export interface AddProgress {
  digest: string;
  /** Bytes of this blob. */
  done: number;
  total: number;
}

/**
 * Puts an image into containerd: blobs, snapshots, and last its name. The options carry a lease, because until the name is there nothing
 * refers to the rest. Labels tell the collector what belongs to what: the manifest keeps its blobs, the config the top-most snapshot.
 */
export async function addImage(services: ContainerdServices, image: ImageToAdd, options: CallOptions): Promise<void> {
  const { manifest, config, layers } = image.content;
  const write = (blob: Descriptor, labels: Record<string, string>): Promise<void> => {
    const report = progressOf(image, blob);
    const read = () => image.content.read(blob.digest);
    return writeBlob(services, { ...blob, labels, read, ...(report ? { onProgress: report } : {}) }, options);
  };
  for (const [index, layer] of layers.entries()) {
    await write(layer, { "containerd.io/uncompressed": image.diffIds[index] as string });
  }
  await write(config, {});
  await write(manifest, referenceLabels(config, layers));
  await unpackLayers(services, { snapshotter: image.snapshotter, config, layers, diffIds: image.diffIds }, options);
  await nameImage(services, image.name, manifest, options);
}

/** What a manifest refers to, as containerd's collector reads it. */
function referenceLabels(config: Descriptor, layers: readonly Descriptor[]): Record<string, string> {
  const entries = layers.map(({ digest }, index) => [`containerd.io/gc.ref.content.l.${index}`, digest]);
  return Object.fromEntries([["containerd.io/gc.ref.content.config", config.digest], ...entries]);
}

async function nameImage(
  { images }: ContainerdServices,
  name: string,
  { mediaType, digest, size }: Descriptor,
  options: CallOptions,
): Promise<void> {
  const image = { name, labels: {}, target: { mediaType, digest, size } };
  try {
    await images.create({ image }, options);
  } catch (error) {
    if (!hasCode(error, "CONTAINERD_EXISTS")) throw error;
    await images.update({ image, updateMask: { paths: ["target"] } }, options);
  }
}

function progressOf({ onProgress }: ImageToAdd, { digest, size }: Descriptor): ((bytes: number) => void) | undefined {
  if (!onProgress) return undefined;
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress({ digest, done, total: size });
  };
}
