import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, type Logger, readTextIfExists } from "@drydock/kit";
import { loadKernel } from "../kernel.ts";
import type { LayerLimits } from "../unpack/limits.ts";
import { type UnpackedLayer, unpackLayer } from "../unpack/unpack-layer.ts";
import type { BlobStore } from "./blob-store.ts";
import { chainIds } from "./chain-ids.ts";
import { inheritDirectories, inheritedDirectories } from "./inherit-directories.ts";
import { removeTree } from "./remove-tree.ts";
import type { StorePaths } from "./store-paths.ts";

export interface StoredLayer {
  /** Digest of the blob. */
  digest: string;
  diffId: string;
}

export interface UnpackHooks {
  signal?: AbortSignal | undefined;
  onProgress?: (layer: StoredLayer, done: number) => void;
}

/** Unpacked layers. Whoever calls `unpack` holds the store's lock, shared. */
export class LayerStore {
  readonly #paths: StorePaths;
  readonly #blobs: BlobStore;
  readonly #limits: LayerLimits;
  readonly #logger: Logger;
  readonly #running = new Map<string, Promise<UnpackedLayer>>();
  readonly #known = new Map<string, UnpackedLayer>();

  constructor(paths: StorePaths, blobs: BlobStore, limits: LayerLimits, logger: Logger) {
    this.#paths = paths;
    this.#blobs = blobs;
    this.#limits = limits;
    this.#logger = logger;
  }

  /**
   * The directories for overlay's `lowerdir`, top-most first, or undefined when one is not unpacked yet. Layers come
   * base first.
   */
  async find(layers: readonly StoredLayer[]): Promise<string[] | undefined> {
    return await this.#stack(layers, (id) => this.#read(id));
  }

  /** As `find`, after unpacking what is missing. */
  async unpack(layers: readonly StoredLayer[], hooks: UnpackHooks = {}): Promise<string[]> {
    const stack = await this.#stack(layers, async (id, layer, lowers) => {
      return (await this.#read(id)) ?? (await this.#unpackOnce(id, layer, lowers, hooks));
    });
    if (stack === undefined) throw new Error("a layer vanished while the store was locked");
    return stack;
  }

  /** The ids under which layers of an image may be kept. */
  static ids(diffIds: readonly string[]): string[] {
    return [...diffIds, ...chainIds(diffIds)];
  }

  /** Forgets what it knows about layers on disk, after some were removed. */
  forget(): void {
    this.#known.clear();
  }

  async #stack(
    layers: readonly StoredLayer[],
    obtain: (id: string, layer: StoredLayer, lowers: readonly string[]) => Promise<UnpackedLayer | undefined>,
  ): Promise<string[] | undefined> {
    const chain = chainIds(layers.map(({ diffId }) => diffId));
    let stack: string[] = [];
    for (const [i, layer] of layers.entries()) {
      let id = layer.diffId;
      let unpacked = await obtain(id, layer, []);
      if (unpacked === undefined) return undefined;
      if (inheritedDirectories(unpacked.implicitDirectories, stack).size > 0) {
        // The layer leaves out directories that lie below it: unpacked for this place in the stack, it takes over their
        // owners and modes.
        id = chain[i] as string;
        unpacked = await obtain(id, layer, stack);
        if (unpacked === undefined) return undefined;
      }
      const directory = join(this.#paths.layer(id), "fs");
      // overlayfs refuses a directory that is given twice (ELOOP); of a repeated layer only the upper one can be seen.
      stack = unpacked.opaqueRoot ? [] : stack.filter((other) => other !== directory);
      stack.unshift(directory);
    }
    // overlayfs wants at least one lower directory, also for an image without layers.
    return stack.length === 0 ? [this.#paths.empty] : stack;
  }

  async #read(id: string): Promise<UnpackedLayer | undefined> {
    const known = this.#known.get(id);
    if (known) {
      // Another process may have collected it.
      return (await readTextIfExists(join(this.#paths.layer(id), "layer.json"))) === undefined ? undefined : known;
    }
    const text = await readTextIfExists(join(this.#paths.layer(id), "layer.json"));
    if (text === undefined) return undefined;
    const layer = JSON.parse(text) as UnpackedLayer;
    this.#known.set(id, layer);
    return layer;
  }

  /** One unpack per layer in this process; between processes the first rename wins. */
  async #unpackOnce(
    id: string,
    layer: StoredLayer,
    lowers: readonly string[],
    hooks: UnpackHooks,
  ): Promise<UnpackedLayer> {
    for (let running = this.#running.get(id); running; running = this.#running.get(id)) {
      // Its failure may be its own, an abort for one: then it is our turn, and we meet the same error if it is in the
      // layer.
      const shared = await running.catch(() => undefined);
      if (shared) return shared;
    }
    const started = this.#unpack(id, layer, lowers, hooks).finally(() => this.#running.delete(id));
    this.#running.set(id, started);
    return await started;
  }

  async #unpack(id: string, layer: StoredLayer, lowers: readonly string[], hooks: UnpackHooks): Promise<UnpackedLayer> {
    const temporary = this.#paths.temporary();
    try {
      await mkdir(temporary, { mode: 0o700 });
      const unpacked = await unpackLayer({
        source: this.#blobs.read(layer.digest),
        directory: join(temporary, "fs"),
        diffId: layer.diffId,
        kernel: await loadKernel(),
        limits: this.#limits,
        signal: hooks.signal,
        onProgress: (done) => hooks.onProgress?.(layer, done),
      });
      inheritDirectories(join(temporary, "fs"), inheritedDirectories(unpacked.implicitDirectories, lowers));
      await writeFile(join(temporary, "layer.json"), `${JSON.stringify(unpacked)}\n`);
      await this.#place(temporary, id);
      if (unpacked.skippedXattrs.length > 0) {
        this.#logger.warn({ layer: layer.diffId, xattrs: unpacked.skippedXattrs }, "extended attributes left out");
      }
      this.#logger.debug({ layer: layer.diffId, bytes: unpacked.bytes, entries: unpacked.entries }, "layer unpacked");
      return unpacked;
    } finally {
      await removeTree(temporary);
    }
  }

  async #place(temporary: string, id: string): Promise<void> {
    try {
      await rename(temporary, this.#paths.layer(id));
    } catch (error) {
      // Another process was faster; its layer has the same content.
      if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
      await readFile(join(this.#paths.layer(id), "layer.json"));
    }
  }
}
