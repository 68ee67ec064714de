import { digestOf } from "../digest.ts";
import { loadKernel } from "../kernel.ts";
import { defaultLayerLimits, type LayerLimits } from "../unpack/limits.ts";
import { type UnpackedLayer, unpackLayer } from "../unpack/unpack-layer.ts";
import { chunks } from "./chunks.ts";

/** Unpacks a layer to a new directory; `stored` is what the registry would have, when it is not the plain tar. */
export async function unpackTar(
  tar: Buffer,
  directory: string,
  { limits = {}, stored = tar, chunkSize }: { limits?: Partial<LayerLimits>; stored?: Buffer; chunkSize?: number } = {},
): Promise<UnpackedLayer> {
  return await unpackLayer({
    source: chunks(stored, chunkSize),
    directory,
    diffId: digestOf(tar),
    kernel: await loadKernel(),
    limits: { ...defaultLayerLimits, ...limits },
  });
}
