import type { KubeObject, OwnerReference, ResourceType } from "@drydock/machinery";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** What the collector keeps of an object. */
export interface Entity {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly owners: readonly OwnerReference[];
  readonly deletion: Deletion;
}

/**
 * How far an object's deletion is:
 * "none", "plain" (its dependents do not matter), "foreground" (goes after those dependents that block it),
 * "orphan" (goes after its dependents have been let go).
 */
export type Deletion = "none" | "plain" | "foreground" | "orphan";

export function entityOf(type: ResourceType, object: KubeObject): Entity {
  const { namespace, name, uid = "", ownerReferences = [] } = object.metadata;
  return { type, namespace, name, uid, owners: ownerReferences, deletion: deletionOf(object) };
}

export function deletionOf({ metadata }: KubeObject): Deletion {
  if (metadata.deletionTimestamp === undefined) return "none";
  if (metadata.finalizers?.includes(orphanFinalizer)) return "orphan";
  if (metadata.finalizers?.includes(foregroundFinalizer)) return "foreground";
  return "plain";
}

/** Who is owned by whom, over all kinds, by uid: an owner that is deleted and made again under its name is another one. */
export class OwnershipGraph {
  readonly #entities = new Map<string, Entity>();
  /** Owner's uid -> uids of those that name it, also while the owner itself has not been seen. */
  readonly #dependents = new Map<string, Set<string>>();

  get size(): number {
    return this.#entities.size;
  }

  get(uid: string): Entity | undefined {
    return this.#entities.get(uid);
  }

  entities(): Iterable<Entity> {
    return this.#entities.values();
  }

  set(entity: Entity): void {
    this.#unlink(entity.uid);
    this.#entities.set(entity.uid, entity);
    for (const owner of entity.owners) {
      const dependents = this.#dependents.get(owner.uid);
      if (dependents === undefined) this.#dependents.set(owner.uid, new Set([entity.uid]));
      else dependents.add(entity.uid);
    }
  }

  delete(uid: string): void {
    this.#unlink(uid);
    this.#entities.delete(uid);
  }

  dependentsOf(uid: string): Entity[] {
    return [...(this.#dependents.get(uid) ?? [])]
      .map((dependent) => this.#entities.get(dependent))
      .filter((entity) => entity !== undefined);
  }

  /** Dependents that the owner's foreground deletion has to wait for. */
  blockersOf(uid: string): Entity[] {
    return this.dependentsOf(uid).filter(({ owners }) =>
      owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
  }

  #unlink(uid: string): void {
    for (const owner of this.#entities.get(uid)?.owners ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
