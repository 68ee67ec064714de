import type { Clock, Logger } from "@drydock/kit";
import {
  type Client,
  ControllerRevision,
  type Indexer,
  type Informer,
  type KubeObject,
  Pod,
  type ResourceType,
  startInformer,
} from "@drydock/machinery";
import { nodeOf, podsByNode } from "./indexes.ts";
import { typeKey } from "./resource-types.ts";
import { byOwner, indexByOwner } from "./workload/owner-index.ts";

/** One informer for each kind, shared by all controllers: one watch and one copy of the objects, however many look at them. */
export class SharedInformers {
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #options: { client: Client; logger: Logger; clock: Clock };

  constructor(options: { client: Client; logger: Logger; clock: Clock }) {
    this.#options = options;
  }

  /** The informer of a kind, started when it is first asked for. */
  of<T extends KubeObject>(type: ResourceType<T>): Informer<T> {
    const known = this.#informers.get(typeKey(type));
    if (known !== undefined) return known as unknown as Informer<T>;
    const { client, logger, clock } = this.#options;
    const informer = startInformer(client, type, { logger, clock, indexers: indexersOf<T>(type) });
    this.#informers.set(typeKey(type), informer as unknown as Informer<KubeObject>);
    return informer;
  }

  /** Ends the informer of a kind that is no longer served. */
  async drop(type: ResourceType): Promise<void> {
    const informer = this.#informers.get(typeKey(type));
    this.#informers.delete(typeKey(type));
    await informer?.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}

function indexersOf<T extends KubeObject>(type: ResourceType<T>): Readonly<Record<string, Indexer<T>>> {
  const indexers: Record<string, Indexer<never>> = {};
  if (typeKey(type) === typeKey(Pod)) {
    indexers[podsByNode] = nodeOf;
    indexers[indexByOwner] = byOwner;
  }
  if (typeKey(type) === typeKey(ControllerRevision)) indexers[indexByOwner] = byOwner;
  return indexers as Record<string, Indexer<T>>;
}
