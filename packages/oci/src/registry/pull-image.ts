import { type Clock, type Logger, systemClock } from "@drydock/kit";
import { formatReference, type Reference } from "../reference/parse-reference.ts";
import type { BlobStore } from "../store/blob-store.ts";
import type { LayerStore, StoredLayer } from "../store/layer-store.ts";
import { joinConfig, type ResolvedImage, resolveManifest } from "../store/resolve-image.ts";
import type { Descriptor, PullOptions, PullProgress } from "../types.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { RegistryClient } from "./registry-client.ts";

export interface PullContext {
  blobs: BlobStore;
  layers: LayerStore;
  logger: Logger;
  clock?: Clock;
  idleTimeoutMs?: number;
}

/** Layers that are fetched and unpacked at the same time; docker's default. */
const parallelLayers = 3;

/**
 * Fetches the image for this machine's platform into the store, and unpacks it. Blobs that are there already are not
 * fetched again.
 */
export async function pullImage(
  reference: Reference,
  options: PullOptions,
  context: PullContext,
): Promise<ResolvedImage & { descriptor: Descriptor }> {
  const { blobs, layers, logger, clock = systemClock, idleTimeoutMs } = context;
  const { signal, onProgress } = options;
  const clientOptions = { ...options, clock, logger, ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) };
  const client = new RegistryClient(reference, clientOptions);
  try {
    const root = await client.manifest(reference.digest ?? reference.tag ?? "latest", signal);
    const documentOf = async (descriptor: Descriptor): Promise<string> => {
      if (descriptor.digest === root.descriptor.digest) return root.text;
      return (await blobs.text(descriptor.digest)) ?? (await client.manifest(descriptor.digest, signal)).text;
    };
    const { descriptor, manifest } = await resolveManifest(root.descriptor, documentOf);
    await blobs.write(chunksOf(await documentOf(descriptor)), descriptor.digest, descriptor.size);
    await fetchBlob(client, blobs, manifest.config, () => {}, signal);
    const image = joinConfig(descriptor, manifest, (await blobs.text(manifest.config.digest)) as string);

    const jobs = manifest.layers.map((blob, i) => ({ blob, layer: image.layers[i] as StoredLayer }));
    const report = (blob: Descriptor, state: PullProgress["state"], done: number) =>
      onProgress?.({ digest: blob.digest, done, total: blob.size, state });
    for (const { blob } of jobs) report(blob, "waiting", 0);
    await forEachBounded(unique(jobs), parallelLayers, signal, async ({ blob, layer }, either) => {
      await fetchBlob(client, blobs, blob, (done) => report(blob, "downloading", done), either);
      await layers.unpack([layer], { signal: either, onProgress: (_, done) => report(blob, "unpacking", done) });
      report(blob, "done", blob.size);
    });
    // Now that all are there: those that take over directories from the layers below them.
    await layers.unpack(image.layers, { signal });
    logger.debug({ image: formatReference(reference), digest: descriptor.digest }, "image pulled");
    return { ...image, descriptor };
  } finally {
    client.close();
  }
}

async function fetchBlob(
  client: RegistryClient,
  blobs: BlobStore,
  blob: Descriptor,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (await blobs.has(blob.digest, blob.size)) return;
  async function* counted() {
    let done = 0;
    for await (const chunk of client.blob(blob, signal)) {
      done += chunk.length;
      onProgress(done);
      yield chunk;
    }
  }
  await blobs.write(counted(), blob.digest, blob.size);
}

function unique<T extends { blob: Descriptor }>(jobs: readonly T[]): T[] {
  return [...new Map(jobs.map((job) => [job.blob.digest, job])).values()];
}

async function* chunksOf(text: string) {
  yield Buffer.from(text);
}
