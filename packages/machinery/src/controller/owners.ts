import { failure } from "../errors.ts";
import { apiVersionOf, type ResourceType } from "../kind.ts";
import { type KubeObject, keyOf, type OwnerReference } from "../object.ts";

/** The reference to the one owner that manages the object. */
export function controllerOf(object: Pick<KubeObject, "metadata">): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** By uid: an owner that was deleted and made again under the same name is another one. */
export function isControlledBy(object: Pick<KubeObject, "metadata">, owner: Pick<KubeObject, "metadata">): boolean {
  const { uid } = owner.metadata;
  return uid !== undefined && controllerOf(object)?.uid === uid;
}

/** A controller reference to an object that the server has stored. */
export function controllerReference(owner: KubeObject, type: ResourceType): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw new Error(`${type.kind} ${name} has no uid: only stored objects can own`);
  return { apiVersion: apiVersionOf(type), kind: type.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Makes `owner` the controller of `object`. Throws OWNER_CONFLICT when it has another one. Mutates. */
export function setControllerReference(object: KubeObject, owner: KubeObject, type: ResourceType): void {
  const reference = controllerReference(owner, type);
  const current = controllerOf(object);
  if (current !== undefined && current.uid !== reference.uid) {
    throw failure(
      "OWNER_CONFLICT",
      `${object.kind} ${keyOf(object)} is already controlled by ${current.kind} ${current.name}`,
    );
  }
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid);
  object.metadata.ownerReferences = [...others, reference];
}
