import { createHash } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { imageError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { readTar } from "../tar/read.ts";
import { decompress } from "./decompress.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type LayerLimits, LayerMeter } from "./limits.ts";

export interface UnpackOptions {
  /** The layer as it is stored: a tar, plain or compressed. */
  source: AsyncIterable<Uint8Array>;
  /** Made here; must not exist yet, in a directory that nobody else writes to. */
  directory: string;
  /** Digest of the uncompressed tar. */
  diffId: string;
  kernel: Kernel;
  limits: LayerLimits;
  signal?: AbortSignal | undefined;
  /** Called with the number of compressed bytes read so far. */
  onProgress?: ((done: number) => void) | undefined;
}

export interface UnpackedLayer {
  /** Bytes of the uncompressed tar. */
  bytes: number;
  entries: number;
  /** Directories (byte strings) that exist only because something lies in them. */
  implicitDirectories: string[];
  /** Nothing of the layers below may be seen. */
  opaqueRoot: boolean;
  skippedXattrs: string[];
}

/**
 * Unpacks one layer (image-spec layer.md) in a single pass, and checks its diff id. When it throws, the directory holds
 * a part of the layer and is the caller's to remove.
 */
export async function unpackLayer(options: UnpackOptions): Promise<UnpackedLayer> {
  const { kernel, limits, signal, directory, diffId } = options;
  const meter = new LayerMeter(limits);
  const hash = createHash("sha256");

  async function* compressed() {
    for await (const chunk of options.source) {
      signal?.throwIfAborted();
      meter.compressed += chunk.length;
      options.onProgress?.(meter.compressed);
      yield chunk;
    }
  }
  async function* plain() {
    for await (const chunk of decompress(compressed())) {
      meter.bytes += chunk.length;
      throwIfExceeded(meter);
      hash.update(chunk);
      yield chunk;
    }
  }

  await mkdir(directory);
  await chmod(directory, 0o755);
  const writer = new LayerWriter(directory, kernel, limits);
  for await (const entry of readTar(plain())) {
    meter.entries++;
    throwIfExceeded(meter);
    await writer.apply(entry);
  }
  writer.finish();
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId) {
    throw imageError("IMAGE_DIGEST_MISMATCH", `layer has the content ${found}, its image says ${diffId}`, {
      details: { expected: diffId, found },
      hint: "the image was damaged or tampered with; get it again from where it is made",
    });
  }
  return {
    bytes: meter.bytes,
    entries: meter.entries,
    implicitDirectories: writer.implicitDirectories,
    opaqueRoot: writer.opaqueRoot,
    skippedXattrs: writer.skippedXattrs,
  };
}

function throwIfExceeded(meter: LayerMeter): void {
  const error = meter.exceeded();
  if (error) throw error;
}
