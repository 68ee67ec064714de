import { hasCode, type Logger, silentLogger } from "@drydock/kit";
import { isDigest } from "../digest.ts";
import { imageError } from "../errors.ts";
import { importImage } from "../import/import-image.ts";
import { formatReference, normalizeReference, parseReference } from "../reference/parse-reference.ts";
import type { Descriptor, Image, ImageContent, ImageStore, PullOptions } from "../types.ts";
import { defaultLayerLimits, type LayerLimits } from "../unpack/limits.ts";
import { BlobStore } from "./blob-store.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { LayerStore } from "./layer-store.ts";
import { type NameRecord, NameStore } from "./name-store.ts";
import { type ResolvedImage, readImage } from "./resolve-image.ts";
import { withStoreLock } from "./store-lock.ts";
import { prepareStore, type StorePaths } from "./store-paths.ts";
import { storeTrouble } from "./store-trouble.ts";

export interface ImageStoreOptions {
  directory: string;
  logger?: Logger;
  /** What one layer may cost; a layer beyond it is refused as hostile. */
  limits?: Partial<LayerLimits>;
}

/** Opens the store in a directory, which is made when it does not exist. Any number of processes may have it open. */
export async function openImageStore(options: ImageStoreOptions): Promise<ImageStore> {
  return new DirectoryImageStore(await prepareStore(options.directory), options);
}

class DirectoryImageStore implements ImageStore {
  readonly #paths: StorePaths;
  readonly #blobs: BlobStore;
  readonly #names: NameStore;
  readonly #layers: LayerStore;
  readonly #limits: LayerLimits;
  readonly #logger: Logger;
  /** By manifest digest; what a digest names never changes. */
  readonly #images = new Map<string, ResolvedImage>();

  constructor(paths: StorePaths, { logger = silentLogger, limits }: ImageStoreOptions) {
    this.#paths = paths;
    this.#logger = logger;
    this.#limits = { ...defaultLayerLimits, ...limits };
    this.#blobs = new BlobStore(paths);
    this.#names = new NameStore(paths, logger);
    this.#layers = new LayerStore(paths, this.#blobs, this.#limits, logger);
  }

  async pull(reference: string, options: PullOptions = {}): Promise<Image> {
    const parsed = parseReference(reference);
    // Loaded here because most processes that open a store never pull.
    const { pullImage } = await import("../registry/pull-image.ts");
    return await this.#adding(options.signal, async () => {
      const context = { blobs: this.#blobs, layers: this.#layers, logger: this.#logger };
      const { descriptor, ...image } = await pullImage(parsed, options, context);
      return await this.#name(formatReference(parsed), descriptor, image);
    });
  }

  async import(path: string, name: string, { signal }: { signal?: AbortSignal } = {}): Promise<Image> {
    const reference = normalizeReference(name);
    return await this.#adding(signal, async () => {
      const context = { paths: this.#paths, blobs: this.#blobs, limits: this.#limits, signal };
      const { descriptor, ...image } = await importImage(path, reference, context);
      await this.#layers.unpack(image.layers, { signal });
      return await this.#name(reference, descriptor, image);
    });
  }

  async get(reference: string): Promise<Image | undefined> {
    const records = await this.#names.list();
    const [record] = matching(records, reference);
    return record && (await this.#toSoundImage(record.manifest, records));
  }

  async list(): Promise<Image[]> {
    const records = await this.#names.list();
    const manifests = new Map(records.map(({ manifest }) => [manifest.digest, manifest]));
    const images = await Promise.all([...manifests.values()].map((manifest) => this.#toSoundImage(manifest, records)));
    const sound = images.filter((image) => image !== undefined);
    return sound.sort((a, b) => ((a.names[0] ?? "") < (b.names[0] ?? "") ? -1 : 1));
  }

  async remove(reference: string): Promise<void> {
    const records = matching(await this.#names.list(), reference);
    const removed = await Promise.all(records.map(({ name }) => this.#names.remove(name)));
    if (!removed.includes(true)) {
      throw imageError("IMAGE_NOT_FOUND", `no local image is called ${reference}`, {
        details: { reference },
        hint: "drydock images lists what is there",
      });
    }
  }

  async layers(image: Image): Promise<string[]> {
    const { layers } = await this.#read({ mediaType: "", digest: image.digest, size: 0 });
    const found = await this.#layers.find(layers);
    return found ?? (await this.#adding(undefined, () => this.#layers.unpack(layers)));
  }

  async withContent<T>(image: Image, action: (content: ImageContent) => Promise<T>): Promise<T> {
    return await this.#adding(undefined, async () => {
      const record = (await this.#names.list()).find(({ manifest }) => manifest.digest === image.digest);
      if (!record) {
        throw imageError("IMAGE_NOT_FOUND", `no local image is ${image.digest}`, {
          hint: "pull or import the image again",
        });
      }
      const { manifest } = await this.#read(record.manifest);
      const { config, layers } = manifest;
      return await action({ manifest: record.manifest, config, layers, read: (digest) => this.#blobs.read(digest) });
    });
  }

  async collectGarbage({ inUse = [] }: { inUse?: Iterable<string> } = {}): Promise<{ freedBytes: number }> {
    const freedBytes = await collectGarbage({
      paths: this.#paths,
      manifests: async () => (await this.#names.list()).map(({ manifest }) => manifest),
      read: (manifest) => readImage(this.#blobs, manifest),
      inUse,
      logger: this.#logger,
    });
    this.#layers.forget();
    this.#images.clear();
    return { freedBytes };
  }

  async #adding<T>(signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    try {
      return await withStoreLock(this.#paths.lock, "shared", action, { signal });
    } catch (error) {
      throw storeTrouble(error, this.#paths.root);
    }
  }

  /** The last step of whatever adds an image: from here on it is there. */
  async #name(name: string, manifest: Descriptor, image: ResolvedImage): Promise<Image> {
    const { mediaType, digest, size } = manifest;
    await this.#names.set({ name, manifest: { mediaType, digest, size } });
    this.#images.set(digest, image);
    this.#logger.info({ image: name, digest }, "image stored");
    return await this.#toImage(manifest, await this.#names.list());
  }

  async #read(manifest: Descriptor): Promise<ResolvedImage> {
    const known = this.#images.get(manifest.digest);
    if (known) return known;
    const image = await readImage(this.#blobs, manifest);
    this.#images.set(manifest.digest, image);
    return image;
  }

  /** A damaged image counts as absent: the next pull or import of it mends it, and the others stay visible. */
  async #toSoundImage(manifest: Descriptor, records: readonly NameRecord[]): Promise<Image | undefined> {
    try {
      return await this.#toImage(manifest, records);
    } catch (error) {
      if (!hasCode(error)) throw error;
      this.#logger.warn({ digest: manifest.digest, error: error.message }, "damaged image skipped");
      return undefined;
    }
  }

  async #toImage(descriptor: Descriptor, records: readonly NameRecord[]): Promise<Image> {
    const { manifest, config } = await this.#read(descriptor);
    const blobs = [manifest.config, ...manifest.layers];
    return {
      names: records
        .filter((record) => record.manifest.digest === descriptor.digest)
        .map(({ name }) => name)
        .sort(),
      digest: descriptor.digest,
      config: config.config,
      architecture: config.architecture,
      os: config.os,
      size: blobs.reduce((sum, blob) => sum + blob.size, descriptor.size),
      ...(config.createdAt === undefined ? {} : { createdAt: config.createdAt }),
      diffIds: config.diffIds,
    };
  }
}

/**
 * The records that a reference means: a digest alone means all names of that image, `repository@digest` any tag of that
 * repository with it.
 */
function matching(records: readonly NameRecord[], reference: string): NameRecord[] {
  if (isDigest(reference)) return records.filter(({ manifest }) => manifest.digest === reference);
  const wanted = normalizeReference(reference);
  const exact = records.filter(({ name }) => name === wanted);
  const { registry, repository, digest } = parseReference(reference);
  if (exact.length > 0 || digest === undefined) return exact;
  return records.filter(({ name, manifest }) => {
    const own = parseReference(name);
    return manifest.digest === digest && own.registry === registry && own.repository === repository;
  });
}
