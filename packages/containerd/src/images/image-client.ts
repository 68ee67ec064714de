import type { Logger } from "@drydock/kit";
import type { Image } from "../api/images.ts";
import type { ContainerdServices } from "../api/services.ts";
import { withLease } from "../leases/with-lease.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import { addImage, type ImageToAdd } from "./add-image.ts";
import { type ContainerdImage, readImage } from "./read-image.ts";
import { hasSnapshot, unpackLayers } from "./unpack-image.ts";

/** Images of one namespace, unpacked for one snapshotter. */
export class ImageClient {
  readonly #services: ContainerdServices;
  readonly #snapshotter: string;
  readonly #logger: Logger;

  constructor(services: ContainerdServices, snapshotter: string, logger: Logger) {
    this.#services = services;
    this.#snapshotter = snapshotter;
    this.#logger = logger;
  }

  /** Names and what they stand for. */
  async list(): Promise<Image[]> {
    return (await this.#services.images.list({ filters: [] })).images;
  }

  /** By its full reference; undefined when there is none, or not all of it. */
  async get(name: string): Promise<ContainerdImage | undefined> {
    const answer = await ignoringMissing(this.#services.images.get({ name }));
    return answer && (await ignoringMissing(readImage(this.#services.content, answer.image.target)));
  }

  /** By the digest of its manifest. */
  async read(digest: string): Promise<ContainerdImage | undefined> {
    return ignoringMissing(readImage(this.#services.content, { digest }));
  }

  /** Copies an image into containerd; what is there already is not copied again. */
  async add(image: Omit<ImageToAdd, "snapshotter">, signal?: AbortSignal): Promise<void> {
    await withLease(this.#services, this.#logger, (lease) =>
      addImage(this.#services, { ...image, snapshotter: this.#snapshotter }, { lease, ...(signal ? { signal } : {}) }),
    );
  }

  /** Makes the snapshots that containers start from, for an image that somebody else brought. Idempotent. */
  async unpack(image: ContainerdImage): Promise<void> {
    if (image.chainId === "" || (await hasSnapshot(this.#services, this.#snapshotter, image.chainId))) return;
    const layers = { ...image, config: { digest: image.configDigest }, snapshotter: this.#snapshotter };
    await withLease(this.#services, this.#logger, (lease) => unpackLayers(this.#services, layers, { lease }));
  }

  /** Takes a name away. `sync`: returns when its content is collected. Idempotent. */
  async remove(name: string, options: { sync?: boolean } = {}): Promise<void> {
    await ignoringMissing(this.#services.images.delete({ name, ...options }));
  }
}
