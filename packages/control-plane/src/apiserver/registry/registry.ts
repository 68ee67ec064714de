import type { Clock, Logger } from "@drydock/kit";
import type { Kind, KubeObject } from "@drydock/machinery";
import type { Store } from "../../store/store.ts";
import { startWatchCache } from "../../store/watch-cache.ts";
import { notFound } from "../status/refusals.ts";
import { type Codec, createCodec } from "./codec.ts";
import { objectKey, prefixOf, type Resource } from "./resource.ts";

/** Every resource that the server has, over one store. */
export class Registry {
  readonly store: Store;
  readonly clock: Clock;
  readonly #logger: Logger;
  readonly #resources = new Map<string, Resource>();
  #edition = 0;

  constructor(options: { store: Store; clock: Clock; logger: Logger }) {
    this.store = options.store;
    this.clock = options.clock;
    this.#logger = options.logger;
  }

  /** Begins to serve a kind; its cache fills in the background. */
  add(kind: Kind, codec: Codec = createCodec()): Resource {
    const resource = this.open(kind, codec);
    this.put(resource);
    return resource;
  }

  /** A resource that nobody is served; its cache must be closed. */
  open(kind: Kind, codec: Codec): Resource {
    const prefix = prefixOf(kind);
    const logger = this.#logger.child({ resource: kind.plural });
    const cache = startWatchCache<KubeObject>({ store: this.store, prefix, decode: codec.decode, logger });
    return { kind, prefix, cache, codec };
  }

  /** Serves a resource, in place of the one of that name. */
  put(resource: Resource): void {
    this.#resources.set(nameOf(resource), resource);
    this.#edition++;
  }

  /** Serves a resource no longer, and ends its watches. */
  async remove(resource: Resource): Promise<void> {
    // Another may have taken its place.
    if (this.#resources.get(nameOf(resource))?.cache === resource.cache) this.#resources.delete(nameOf(resource));
    this.#edition++;
    await resource.cache.close();
  }

  /** Moves whenever what is served changes. */
  get edition(): number {
    return this.#edition;
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#resources.get(`${group}/${version}/${plural}`);
  }

  /** A resource that the server itself depends on. */
  require(kind: { group: string; version: string; plural: string }): Resource {
    const found = this.find(kind.group, kind.version, kind.plural);
    if (!found) throw new Error(`the server was started without the resource ${kind.plural}`);
    return found;
  }

  get resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** One object as etcd has it now; throws REQUEST_NOT_FOUND. */
  async read(resource: Resource, namespace: string, name: string): Promise<KubeObject> {
    const stored = await this.store.get(objectKey(resource, namespace, name));
    if (!stored) throw notFound(resource.kind, name);
    return resource.codec.decode(stored.key, stored.value, stored.modRevision);
  }

  /** One object as the cache has it: perhaps a little old. Never change it. */
  cached<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): T | undefined {
    const resource = this.require(kind);
    return resource.cache.get(objectKey(resource, namespace, name)) as T | undefined;
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#resources.values()].map(({ cache }) => cache.ready()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#resources.values()].map(({ cache }) => cache.close()));
    await this.store.close();
  }
}

function nameOf({ kind }: Resource): string {
  return `${kind.group}/${kind.version}/${kind.plural}`;
}
