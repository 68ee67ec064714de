import { isDeepStrictEqual } from "node:util";
import { hasCode } from "@drydock/kit";
import type { Kind, KubeObject } from "@drydock/machinery";
import { noteUpdate, writerOf } from "../fields/managed-fields.ts";
import { badRequest, conflict, notFound } from "../status/refusals.ts";
import { afterRemoval } from "./after-removal.ts";
import { checkObject } from "./check-object.ts";
import { withRevision } from "./codec.ts";
import { hasGeneration, rfc3339 } from "./create.ts";
import type { WriteOperation } from "./operation.ts";
import { objectKey } from "./resource.ts";
import { strategyOf } from "./strategies.ts";
import { mayHaveHappened } from "./unknown-fate.ts";

/** What an update may touch: the main resource leaves status alone, a subresource everything else. */
export type Part = "main" | "status" | "approval" | "finalize" | "scale" | "binding";

/** Makes the wanted object from the current one, which it may change and return. */
export type Change = (current: KubeObject) => KubeObject | Promise<KubeObject>;

/** Who keeps account of the fields' owners: the update itself, or the change, which has done so (server-side apply). */
export type Ownership = "tracked" | "applied";

/** How often a write that lost a race is done again when the client did not insist on a revision. */
const attempts = 8;

/**
 * Reads, changes and writes back with compare-and-swap. The first try starts from the cache, which saves a read; when
 * that was out of date, the change is made again from what etcd has. A change that changes nothing writes nothing.
 */
export async function updateObject(
  operation: WriteOperation,
  name: string,
  change: Change,
  part: Part = "main",
  ownership: Ownership = "tracked",
): Promise<KubeObject> {
  const { registry, resource, namespace } = operation;
  const key = objectKey(resource, namespace, name);
  let old = resource.cache.get(key);
  let fresh = old === undefined;
  for (let attempt = 1; ; attempt++) {
    if (old === undefined) old = await registry.read(resource, namespace, name);
    try {
      const next = await prepare(operation, old, change, part, ownership);
      const changed = !isDeepStrictEqual(next, old);
      if (changed) return await write(operation, key, next, old);
      // "Nothing to do" must not be said from a copy that may be out of date.
      if (fresh) return old;
    } catch (error) {
      // Done again it would fail upon itself, and be called refused.
      if (mayHaveHappened(error)) throw error;
      // From the cache the change may fail for a reason that is no longer true.
      if (fresh && (!hasCode(error, "STORE_CONFLICT") || attempt >= attempts)) throw asConflict(error, operation, name);
    }
    fresh = true;
    old = undefined;
  }
}

async function prepare(
  operation: WriteOperation,
  old: KubeObject,
  change: Change,
  part: Part,
  ownership: Ownership,
): Promise<KubeObject> {
  const { registry, resource, namespace, user } = operation;
  const { kind } = resource;
  const next = await change(structuredClone(old));
  const { name } = old.metadata;
  if (next.metadata.name !== name) {
    const given = next.metadata.name ?? "";
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  }
  const given = next.metadata;
  if (given.namespace && given.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (given.uid && given.uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(kind, name, why);
  }
  if (given.resourceVersion && given.resourceVersion !== old.metadata.resourceVersion) throw conflict(kind, name);
  const owners = given.managedFields;
  keepServerFields(next, old);
  keepOtherParts(operation, next, old, part);
  // What the server itself changes from here on belongs to nobody.
  const subresource = part === "main" ? "" : part;
  if (ownership === "applied") next.metadata.managedFields = owners ?? [];
  else {
    const now = rfc3339(registry.clock.now());
    noteUpdate(kind, next, old, owners, writerOf(kind, operation.parameters.fieldManager, "Update", subresource, now));
  }
  if (part === "main") strategyOf(resource).prepareForUpdate?.(next, old);
  else strategyOf(resource).prepareForPartUpdate?.(next, old, part, registry.clock.now());
  if (hasGeneration(operation) && !isDeepStrictEqual(desired(kind, next), desired(kind, old))) {
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  const request = {
    registry,
    user,
    resource,
    operation: "update",
    subresource,
    namespace,
    name,
    object: next,
    old,
  } as const;
  await operation.admit({ ...request, phase: "mutate" });
  checkObject(resource, next, old);
  await operation.admit({ ...request, phase: "validate" });
  return next;
}

/** Metadata that the server alone sets, whatever the client sent. */
const serverOwned = ["generation", "generateName", "managedFields", "resourceVersion", "selfLink"] as const;
/** Metadata that a client may leave out, and may not change: validateMetaUpdate compares. */
const immutable = ["namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

function keepServerFields(next: KubeObject, old: KubeObject): void {
  next.apiVersion = old.apiVersion;
  next.kind = old.kind;
  const to = next.metadata as unknown as Record<string, unknown>;
  const from = old.metadata as unknown as Record<string, unknown>;
  for (const field of serverOwned) restore(to, from, field);
  for (const field of immutable) if (to[field] === undefined) restore(to, from, field);
}

function keepOtherParts(operation: WriteOperation, next: KubeObject, old: KubeObject, part: Part): void {
  const to = next as unknown as Record<string, unknown>;
  const from = old as unknown as Record<string, unknown>;
  if (part === "main") {
    if (operation.resource.kind.hasStatus) restore(to, from, "status");
    return;
  }
  if (part === "scale" || part === "binding") return;
  for (const field of Object.keys({ ...from, ...to })) {
    const open = part === "finalize" ? "spec" : "status";
    if (field !== open && field !== "metadata") restore(to, from, field);
  }
  // A status update may set labels and annotations of a node and nothing else of metadata, as in Kubernetes.
  const { labels, annotations, finalizers } = next.metadata;
  next.metadata = { ...old.metadata };
  if (part === "status" && labels && old.kind === "Node") next.metadata.labels = labels;
  if (part === "status" && annotations && old.kind === "Node") next.metadata.annotations = annotations;
  if (part === "finalize" && finalizers) next.metadata.finalizers = finalizers;
}

function restore(to: Record<string, unknown>, from: Record<string, unknown>, field: string): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** What counts for the generation: everything but metadata, and status where that is written apart. */
function desired(kind: Kind, object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status, ...rest } = object as KubeObject & { status?: unknown };
  return kind.hasStatus ? rest : { ...rest, status };
}

async function write(operation: WriteOperation, key: string, next: KubeObject, old: KubeObject): Promise<KubeObject> {
  const { registry, resource, parameters } = operation;
  const revision = Number(old.metadata.resourceVersion);
  if (parameters.dryRun) return next;
  // The last finalizer of an object that waits for its end is gone: the update is its deletion.
  const { deletionTimestamp, deletionGracePeriodSeconds: grace, finalizers } = next.metadata;
  const ended = deletionTimestamp !== undefined && !finalizers?.length && !grace;
  if (ended && (strategyOf(resource).mayBeRemoved?.(next) ?? true)) {
    const gone = withRevision(next, await registry.store.delete(key, revision));
    await afterRemoval(registry, resource, old);
    return gone;
  }
  return withRevision(next, await registry.store.update(key, resource.codec.encode(key, next), revision));
}

function asConflict(error: unknown, { resource }: WriteOperation, name: string): unknown {
  if (hasCode(error, "STORE_CONFLICT")) return conflict(resource.kind, name);
  if (hasCode(error, "STORE_NOT_FOUND")) return notFound(resource.kind, name);
  return error;
}
