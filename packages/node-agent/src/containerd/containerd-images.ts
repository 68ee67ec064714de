import type { ContainerdClient } from "@drydock/containerd";
import { type Image, type ImageStore, normalizeReference } from "@drydock/oci";
import type { ImageService, NodeImage } from "../port/pod-runtime.ts";

/**
 * The node's images in containerd. Pulled and imported images come by way of our own store, which all nodes of a machine share: what is there is
 * copied into containerd when a pod first asks for it. What somebody else put into containerd is used as it is.
 */
export class ContainerdImages implements ImageService {
  readonly #client: ContainerdClient;
  readonly #store: ImageStore;
  readonly #insecureRegistries: string[];
  /** By name and digest: two pods that want the same image at the same time cause one copy. */
  readonly #copies = new Map<string, Promise<void>>();

  constructor(client: ContainerdClient, store: ImageStore, insecureRegistries: string[]) {
    this.#client = client;
    this.#store = store;
    this.#insecureRegistries = insecureRegistries;
  }

  async status(reference: string): Promise<NodeImage | undefined> {
    const stored = await this.#store.get(reference);
    if (stored) return this.#copied(reference, stored);
    const name = normalizeReference(reference);
    const image = await this.#client.images.get(name);
    if (!image) return undefined;
    await this.#client.images.unpack(image);
    return { id: image.digest, names: [name], sizeBytes: image.size };
  }

  async pull(reference: string, signal?: AbortSignal): Promise<NodeImage> {
    const image = await this.#store.pull(reference, {
      insecureRegistries: this.#insecureRegistries,
      ...(signal ? { signal } : {}),
    });
    return this.#copied(reference, image);
  }

  async list(): Promise<NodeImage[]> {
    const found = new Map<string, NodeImage>();
    for (const { digest, names, size } of await this.#store.list()) {
      found.set(digest, { id: digest, names: [...names], sizeBytes: size });
    }
    for (const { name } of await this.#client.images.list()) {
      const image = await this.#client.images.get(name);
      if (!image) continue;
      const known = found.get(image.digest);
      if (!known) found.set(image.digest, { id: image.digest, names: [name], sizeBytes: image.size });
      else if (!known.names.includes(name)) known.names.push(name);
    }
    return [...found.values()];
  }

  async #copied(reference: string, image: Image): Promise<NodeImage> {
    const name = normalizeReference(reference);
    const present = await this.#client.images.get(name);
    if (present?.digest === image.digest) await this.#client.images.unpack(present);
    else await this.#copy(name, image);
    return { id: image.digest, names: image.names, sizeBytes: image.size };
  }

  #copy(name: string, image: Image): Promise<void> {
    const key = `${name} ${image.digest}`;
    const running = this.#copies.get(key);
    if (running) return running;
    const copy = this.#store
      .withContent(image, (content) => this.#client.images.add({ name, content, diffIds: image.diffIds }))
      .finally(() => this.#copies.delete(key));
    this.#copies.set(key, copy);
    return copy;
  }
}
