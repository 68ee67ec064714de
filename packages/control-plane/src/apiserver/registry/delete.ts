import { hasCode } from "@drydock/kit";
import type { KubeObject } from "@drydock/machinery";
import { conflict, forbidden, notFound } from "../status/refusals.ts";
import { afterRemoval } from "./after-removal.ts";
import { withRevision } from "./codec.ts";
import type { DeletionOptions } from "./delete-options.ts";
import type { Operation } from "./operation.ts";
import { planDeletion } from "./plan-deletion.ts";
import { objectKey } from "./resource.ts";
import { strategyOf } from "./strategies.ts";
import { mayHaveHappened } from "./unknown-fate.ts";

export interface Deletion {
  /** The object as it is left, or as it was when it went. */
  object: KubeObject;
  /** False while finalizers or a grace period keep it. */
  gone: boolean;
}

const attempts = 8;

/**
 * Deletes one object, or marks it and leaves the end to its agent or its finalizers. Throws REQUEST_NOT_FOUND,
 * REQUEST_CONFLICT, REQUEST_FORBIDDEN.
 */
export async function deleteObject(operation: Operation, name: string, options: DeletionOptions): Promise<Deletion> {
  const { registry, resource, namespace, user } = operation;
  const key = objectKey(resource, namespace, name);
  for (let attempt = 1; ; attempt++) {
    // From the cache first: when that is out of date, the compare-and-swap fails and we read again.
    const cached = attempt === 1 ? resource.cache.get(key) : undefined;
    try {
      const old = cached ?? (await registry.read(resource, namespace, name));
      const request = { registry, user, resource, operation: "delete", subresource: "", namespace, name, old } as const;
      await operation.admit({ ...request, phase: "validate" });
      const deletion = await attemptDeletion(operation, key, old, options);
      // "Nothing to do" must not be said from a copy that may be out of date.
      if (cached && deletion.object === old) continue;
      return deletion;
    } catch (error) {
      if (mayHaveHappened(error)) throw error;
      if (cached) continue;
      if (hasCode(error, "STORE_NOT_FOUND")) throw notFound(resource.kind, name);
      if (!hasCode(error, "STORE_CONFLICT")) throw error;
      if (attempt >= attempts) throw conflict(resource.kind, name);
    }
  }
}

async function attemptDeletion(
  { registry, resource }: Operation,
  key: string,
  old: KubeObject,
  options: DeletionOptions,
): Promise<Deletion> {
  const { name, uid, resourceVersion } = old.metadata;
  const strategy = strategyOf(resource);
  const never = strategy.undeletable?.(old);
  if (never) throw forbidden(resource.kind, name, never);
  const wanted = options.preconditions;
  if (wanted?.uid && wanted.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`;
    throw conflict(resource.kind, name, why);
  }
  if (wanted?.resourceVersion && wanted.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`;
    throw conflict(resource.kind, name, why);
  }
  const plan = planDeletion(old, options, strategy, registry.clock.now());
  const revision = Number(resourceVersion);
  switch (plan.action) {
    case "wait":
      return { object: old, gone: false };
    case "remove": {
      if (options.dryRun) return { object: old, gone: true };
      const object = withRevision(old, await registry.store.delete(key, revision));
      await afterRemoval(registry, resource, old);
      return { object, gone: true };
    }
    case "mark":
      if (options.dryRun) return { object: plan.object, gone: false };
      return {
        object: withRevision(
          plan.object,
          await registry.store.update(key, resource.codec.encode(key, plan.object), revision),
        ),
        gone: false,
      };
  }
}
