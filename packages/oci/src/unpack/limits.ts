import type { DrydockError } from "@drydock/kit";
import { hostileEntry } from "../hostile-entry.ts";

/** What one layer may cost. A small download must not fill the disk or the memory of a node. */
export interface LayerLimits {
  /** Bytes of the uncompressed layer. */
  bytes: number;
  entries: number;
  /** Components of a path. */
  depth: number;
  /** Bytes of a path. Leaves room below PATH_MAX (4096) for the store's own directory. */
  pathBytes: number;
  /**
   * Uncompressed to compressed size, looked at once the layer has grown beyond `ratioFromBytes`; gzip itself ends at
   * 1032.
   */
  ratio: number;
  ratioFromBytes: number;
}

export const defaultLayerLimits: LayerLimits = {
  bytes: 16 * 2 ** 30,
  entries: 1_000_000,
  depth: 256,
  pathBytes: 3000,
  ratio: 200,
  ratioFromBytes: 256 * 2 ** 20,
};

/** Counts the bytes on both sides of the decompressor; `exceeded` tells as soon as a limit is passed. */
export class LayerMeter {
  readonly #limits: LayerLimits;
  compressed = 0;
  bytes = 0;
  entries = 0;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  exceeded(): DrydockError | undefined {
    const { bytes, entries, ratio, ratioFromBytes } = this.#limits;
    if (this.bytes > bytes) return hostileEntry("", `layer is larger than ${bytes} bytes`);
    if (this.entries > entries) return hostileEntry("", `layer has more than ${entries} entries`);
    if (this.bytes > ratioFromBytes && this.bytes > this.compressed * ratio) {
      return hostileEntry("", `layer grows to more than ${ratio} times its compressed size`);
    }
    return undefined;
  }
}
