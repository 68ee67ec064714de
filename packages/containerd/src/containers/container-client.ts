import type { Logger } from "@drydock/kit";
import type { Any, Mount } from "../api/common.ts";
import type { Container } from "../api/containers.ts";
import type { ContainerdServices } from "../api/services.ts";
import type { Options as RuncOptions } from "../api/tasks.ts";
import { ignoringMissing } from "../rpc/ignoring-missing.ts";
import type { Protos } from "../rpc/load-protos.ts";
import { type ContainerToCreate, createContainer } from "./create-container.ts";
import { deleteContainer } from "./delete-container.ts";

/** What holds for every container of a client unless it says something else. */
export interface ContainerDefaults {
  snapshotter: string;
  runtime: RuncOptions;
}

/** Records of containers, each with a root file system of one snapshotter. */
export class ContainerClient {
  readonly #services: ContainerdServices;
  readonly #protos: Protos;
  readonly #defaults: ContainerDefaults;
  readonly #logger: Logger;

  constructor(services: ContainerdServices, protos: Protos, defaults: ContainerDefaults, logger: Logger) {
    this.#services = services;
    this.#protos = protos;
    this.#defaults = defaults;
    this.#logger = logger;
  }

  async get(id: string): Promise<Container | undefined> {
    return (await ignoringMissing(this.#services.containers.get({ id })))?.container;
  }

  /** Those that satisfy any of the filters, e.g. `labels."app"==web`; without filters all. */
  async list(filters: string[] = []): Promise<Container[]> {
    return (await this.#services.containers.list({ filters })).containers;
  }

  /** Root file system and record; nothing runs. CONTAINERD_EXISTS when there is one with this id. Answers with the mounts of its root. */
  async create(
    container: Omit<ContainerToCreate, keyof ContainerDefaults> & { runtime?: RuncOptions },
  ): Promise<Mount[]> {
    const { snapshotter, runtime } = this.#defaults;
    const whole = { snapshotter, ...container, runtime: { ...runtime, ...container.runtime } };
    return createContainer(this.#services, this.#protos, this.#logger, whole);
  }

  /** Sets these extensions, leaving the others. Nothing happens when there is no such container. */
  async setExtensions(id: string, extensions: Record<string, Any>): Promise<void> {
    const container = { id, extensions };
    const updateMask = { paths: Object.keys(extensions).map((name) => `extensions.${name}`) };
    await ignoringMissing(this.#services.containers.update({ container, updateMask }));
  }

  /** Ends what runs of it, and removes record and root. Idempotent. */
  async delete(id: string): Promise<void> {
    await deleteContainer(this.#services, id, this.#defaults.snapshotter);
  }
}
