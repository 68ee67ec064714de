import { hasCode, type Logger } from "@drydock/kit";
import {
  apiVersionOf,
  type Client,
  getIfExists,
  type KeySource,
  type KubeObject,
  type OwnerReference,
  type Reconciler,
  type ResourceType,
} from "@drydock/machinery";
import type { ResourceMonitor } from "../resource-monitor.ts";
import { judge, type OwnerState } from "./judge.ts";
import {
  deletionOf,
  type Entity,
  entityOf,
  foregroundFinalizer,
  OwnershipGraph,
  orphanFinalizer,
} from "./ownership-graph.ts";

export interface GarbageCollectorDeps {
  client: Client;
  monitor: ResourceMonitor;
  logger: Logger;
}

/**
 * Deletes what has lost its owners. The graph of all objects says whom to look at; what is then done follows from the objects as the API server has
 * them at that moment, and every delete names the uid and the revision that was looked at.
 *
 * Keys are uids. The three ways in which an owner can go:
 * - background: it is gone, and its dependents follow;
 * - foreground (finalizer foregroundDeletion): its dependents go first, it waits for those that block it;
 * - orphan (finalizer orphan): its dependents are let go, then it goes.
 */
export class GarbageCollector implements Reconciler, KeySource {
  readonly #deps: GarbageCollectorDeps;
  readonly #graph = new OwnershipGraph();
  #enqueue: (uid: string) => void = () => {};
  #complete = false;

  constructor(deps: GarbageCollectorDeps) {
    this.#deps = deps;
    deps.monitor.addHandler({
      set: (type, object) => this.#set(entityOf(type, object)),
      gone: (_type, object) => this.#gone(object.metadata.uid ?? ""),
      kindAdded: () => this.#lookAtAll(),
    });
  }

  /** Once every kind has been listed, those are looked at whose owner is nowhere to be seen. */
  async synced(): Promise<void> {
    await this.#deps.monitor.synced();
    this.#complete = true;
    this.#lookAtAll();
  }

  subscribe(enqueue: (uid: string) => void): () => void {
    this.#enqueue = enqueue;
    return () => {
      this.#enqueue = () => {};
    };
  }

  async reconcile(uid: string): Promise<void> {
    const entity = this.#graph.get(uid);
    if (entity === undefined) return;
    if (entity.deletion === "none") return this.#collect(entity);
    if (entity.deletion === "foreground") return this.#deleteDependents(entity);
    if (entity.deletion === "orphan") return this.#orphanDependents(entity);
  }

  /** Also when a kind has become known: what names an owner of it was kept, and the owner may have gone before anybody watched. */
  #lookAtAll(): void {
    if (!this.#complete) return;
    for (const entity of this.#graph.entities()) if (this.#needsLook(entity)) this.#enqueue(entity.uid);
  }

  #set(entity: Entity): void {
    const old = this.#graph.get(entity.uid);
    this.#graph.set(entity);
    if (!this.#complete) return;
    if (this.#needsLook(entity)) this.#enqueue(entity.uid);
    // It may have stopped to block an owner that waits for it.
    for (const owner of old?.owners ?? []) this.#lookAtWaiting(owner.uid);
  }

  #gone(uid: string): void {
    const entity = this.#graph.get(uid);
    const dependents = this.#graph.dependentsOf(uid);
    this.#graph.delete(uid);
    if (!this.#complete) return;
    for (const dependent of dependents) this.#enqueue(dependent.uid);
    for (const owner of entity?.owners ?? []) this.#lookAtWaiting(owner.uid);
  }

  #lookAtWaiting(owner: string): void {
    if (this.#graph.get(owner)?.deletion === "foreground") this.#enqueue(owner);
  }

  #needsLook(entity: Entity): boolean {
    if (entity.deletion === "foreground" || entity.deletion === "orphan") return true;
    if (entity.deletion === "plain") return false;
    return entity.owners.some(({ uid }) => (this.#graph.get(uid)?.deletion ?? "foreground") === "foreground");
  }

  async #collect(entity: Entity): Promise<void> {
    // Before anybody is asked: most of the time the graph knows that all is well.
    if (!this.#needsLook(entity)) return;
    const live = await this.#read(entity);
    if (live === undefined || deletionOf(live) !== "none") return;
    const references = live.metadata.ownerReferences ?? [];
    const owners = await Promise.all(
      references.map(async (reference) => ({ reference, state: await this.#stateOf(reference, entity) })),
    );
    const judgement = judge(owners, this.#graph.dependentsOf(entity.uid), live.metadata.finalizers ?? []);
    if (judgement.verdict === "keep") return;
    if (judgement.verdict === "dropReferences") {
      const left = references.filter(({ uid }) => !judgement.uids.includes(uid));
      await this.#write(entity, live, { ownerReferences: left });
      return;
    }
    const current = judgement.unblock
      ? await this.#write(entity, live, {
          ownerReferences: references.map((reference) => ({ ...reference, blockOwnerDeletion: false })),
        })
      : live;
    const { uid = "", resourceVersion = "" } = current.metadata;
    const { client, logger } = this.#deps;
    try {
      await client.delete(entity.type, entity, {
        preconditions: { uid, resourceVersion },
        propagationPolicy: judgement.propagationPolicy,
      });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
    }
    const { namespace, name } = entity;
    logger.debug({ kind: entity.type.kind, namespace, name, ...judgement }, "collected an object without owners");
  }

  async #deleteDependents(entity: Entity): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(entity.uid)) {
      if (dependent.deletion === "none") this.#enqueue(dependent.uid);
    }
    if (this.#graph.blockersOf(entity.uid).length > 0) return;
    await this.#removeFinalizer(entity, foregroundFinalizer);
  }

  async #orphanDependents(entity: Entity): Promise<void> {
    await Promise.all(
      this.#graph.dependentsOf(entity.uid).map(async (dependent) => {
        const live = await this.#read(dependent);
        if (live === undefined) return;
        const left = (live.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== entity.uid);
        await this.#write(dependent, live, { ownerReferences: left });
      }),
    );
    await this.#removeFinalizer(entity, orphanFinalizer);
  }

  async #removeFinalizer(entity: Entity, finalizer: string): Promise<void> {
    const live = await this.#read(entity);
    if (!live?.metadata.finalizers?.includes(finalizer)) return;
    await this.#write(entity, live, { finalizers: live.metadata.finalizers.filter((other) => other !== finalizer) });
  }

  async #stateOf(reference: OwnerReference, dependent: Entity): Promise<OwnerState> {
    const known = this.#graph.get(reference.uid);
    if (known !== undefined) return known.deletion === "foreground" ? "waiting" : "present";
    const { client, monitor, logger } = this.#deps;
    const type = monitor.types.find((one) => one.kind === reference.kind && apiVersionOf(one) === reference.apiVersion);
    const namespace = type?.namespaced === true ? dependent.namespace : undefined;
    if (type === undefined || (type.namespaced && namespace === undefined)) {
      logger.debug({ reference, dependent: dependent.name }, "owner cannot be looked up; its dependent is kept");
      return "unknown";
    }
    const live = await getIfExists<KubeObject>(client, type, { namespace, name: reference.name });
    if (live === undefined || live.metadata.uid !== reference.uid) return "absent";
    return deletionOf(live) === "foreground" ? "waiting" : "present";
  }

  /** The object as it is now; undefined when it is gone, or another has its name. */
  async #read({ type, namespace, name, uid }: Entity): Promise<KubeObject | undefined> {
    const live = await getIfExists<KubeObject>(this.#deps.client, type as ResourceType<KubeObject>, {
      namespace,
      name,
    });
    return live?.metadata.uid === uid ? live : undefined;
  }

  async #write({ type }: Entity, live: KubeObject, change: Partial<KubeObject["metadata"]>): Promise<KubeObject> {
    const metadata = { ...live.metadata, ...change };
    try {
      return await this.#deps.client.update<KubeObject>(type, { ...live, metadata });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
      return { ...live, metadata };
    }
  }
}
