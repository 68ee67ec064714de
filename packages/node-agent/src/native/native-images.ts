import type { Image, ImageStore } from "@drydock/oci";
import type { ImageService, NodeImage } from "../port/pod-runtime.ts";

/** The node's images in our own store. */
export class NativeImages implements ImageService {
  readonly #store: ImageStore;
  readonly #insecureRegistries: string[];

  constructor(store: ImageStore, insecureRegistries: string[]) {
    this.#store = store;
    this.#insecureRegistries = insecureRegistries;
  }

  async status(reference: string): Promise<NodeImage | undefined> {
    const image = await this.#store.get(reference);
    return image && nodeImage(image);
  }

  async pull(reference: string, signal?: AbortSignal): Promise<NodeImage> {
    const image = await this.#store.pull(reference, {
      insecureRegistries: this.#insecureRegistries,
      ...(signal ? { signal } : {}),
    });
    return nodeImage(image);
  }

  async list(): Promise<NodeImage[]> {
    return (await this.#store.list()).map(nodeImage);
  }
}

function nodeImage({ digest, names, size }: Image): NodeImage {
  return { id: digest, names, sizeBytes: size };
}
