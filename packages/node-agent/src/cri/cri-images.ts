import { type ContainerdClient, type CriClient, type CriImage, connectContainerd } from "@drydock/containerd";
import { type Logger, messageOf, systemClock } from "@drydock/kit";
import { formatReference, type Image, type ImageStore, normalizeReference, parseReference } from "@drydock/oci";
import { agentError } from "../errors.ts";
import type { ContainerSpec, ImageService, NodeImage } from "../port/pod-runtime.ts";

export interface CriImagesOptions {
  cri: CriClient;
  /** What was imported here without a registry. */
  store: ImageStore;
  logger: Logger;
}

/** containerd's namespace of what its CRI plugin knows. */
const criNamespace = "k8s.io";
/** The CRI plugin learns by events of images that somebody else has put into containerd, ms. */
const noticedWithinMs = 10_000;
const pollMs = 20;

/**
 * The node's images, as CRI knows them. CRI can only pull; an image that was imported on this machine is put into containerd, when that is
 * what serves CRI, as soon as a pod first asks for it.
 */
export class CriImages implements ImageService {
  readonly #options: CriImagesOptions;
  readonly #cri: CriClient;
  readonly #copies = new Map<string, Promise<CriImage | undefined>>();
  #containerd: ContainerdClient | undefined;

  constructor(options: CriImagesOptions) {
    this.#options = options;
    this.#cri = options.cri;
  }

  async status(reference: string): Promise<NodeImage | undefined> {
    const stored = await this.#options.store.get(reference);
    const present = await this.#lookUp(reference);
    if (!stored || (present && manifestOf(present) === stored.digest)) return present && nodeImage(present);
    const copied = await this.#copy(reference, stored);
    return copied ? nodeImage(copied) : present && nodeImage(present);
  }

  async pull(reference: string, signal?: AbortSignal): Promise<NodeImage> {
    const name = normalizeReference(reference);
    const options = { timeoutMs: 0, ...(signal ? { signal } : {}) };
    const { imageRef } = await this.#cri.images.pullImage({ image: { image: name } }, options);
    const pulled = (await this.#lookUp(name)) ?? (await this.#lookUp(imageRef));
    if (!pulled) throw agentError("AGENT_IMAGE_MISSING", `${reference} was pulled as ${imageRef}, and is gone again`);
    return nodeImage(pulled);
  }

  async list(): Promise<NodeImage[]> {
    const found = new Map<string, NodeImage>();
    for (const { digest, names, size } of await this.#options.store.list()) {
      found.set(digest, { id: digest, names: [...names], sizeBytes: size });
    }
    for (const image of (await this.#cri.images.listImages({})).images.map(nodeImage)) {
      const known = found.get(image.id);
      if (known) known.names = [...new Set([...known.names, ...image.names])];
      else found.set(image.id, image);
    }
    return [...found.values()];
  }

  /** What a container is made from: the image that its reference was resolved to. */
  async find({ image, imageId }: Pick<ContainerSpec, "image" | "imageId">): Promise<CriImage | undefined> {
    return (await this.#lookUp(imageId)) ?? (await this.#lookUp(digested(image, imageId)));
  }

  close(): void {
    this.#containerd?.close();
  }

  async #lookUp(image: string): Promise<CriImage | undefined> {
    return (await this.#cri.images.imageStatus({ image: { image } })).image ?? undefined;
  }

  #copy(reference: string, image: Image): Promise<CriImage | undefined> {
    const key = `${normalizeReference(reference)} ${image.digest}`;
    const running = this.#copies.get(key);
    if (running) return running;
    const copy = this.#import(reference, image).finally(() => this.#copies.delete(key));
    this.#copies.set(key, copy);
    return copy;
  }

  /** Undefined when something else than containerd serves CRI. */
  async #import(reference: string, image: Image): Promise<CriImage | undefined> {
    const client = await this.#importer();
    if (!client) return undefined;
    // By its digest, too: without that name CRI could not tell which image its tag stands for.
    for (const name of [normalizeReference(reference), digested(reference, image.digest)]) {
      await this.#options.store.withContent(image, (content) =>
        client.images.add({ name, content, diffIds: image.diffIds }),
      );
    }
    for (const deadline = Date.now() + noticedWithinMs; Date.now() < deadline; ) {
      const found = await this.#lookUp(reference);
      if (found && manifestOf(found) === image.digest) return found;
      await systemClock.sleep(pollMs);
    }
    return undefined;
  }

  async #importer(): Promise<ContainerdClient | undefined> {
    if (this.#cri.version.runtimeName !== "containerd") return undefined;
    try {
      this.#containerd ??= await connectContainerd({ socket: this.#cri.socket, namespace: criNamespace });
      return this.#containerd;
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, "images of this machine cannot be put into containerd");
      return undefined;
    }
  }
}

/** `repository@digest` of what a reference was resolved to. */
function digested(reference: string, digest: string): string {
  const { registry, repository } = parseReference(reference);
  return formatReference({ registry, repository, digest });
}

function manifestOf({ repoDigests }: CriImage): string | undefined {
  return repoDigests[0]?.split("@")[1];
}

function nodeImage(image: CriImage): NodeImage {
  return {
    id: manifestOf(image) ?? image.id,
    names: image.repoTags.length > 0 ? image.repoTags : image.repoDigests,
    sizeBytes: image.size,
  };
}
