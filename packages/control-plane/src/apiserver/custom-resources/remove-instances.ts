import { type Clock, hasCode } from "@drydock/kit";
import { type CustomResourceDefinition, customResourceCleanup } from "@drydock/machinery";
import { deleteObject } from "../registry/delete.ts";
import type { WriteOperation } from "../registry/operation.ts";
import type { Registry } from "../registry/registry.ts";
import { updateObject } from "../registry/update.ts";
import { terminatingStatus } from "./accept-names.ts";
import { customCodec } from "./custom-codec.ts";
import { customKind } from "./custom-kind.ts";

interface Removal {
  registry: Registry;
  clock: Clock;
  signal: AbortSignal;
  /** On definitions. */
  operation: WriteOperation;
  definition: CustomResourceDefinition;
}

/**
 * How often what is left is looked at, ms. Other servers refuse to make objects as soon as they see that the definition is being deleted; one such
 * round after everything has gone, nothing can have been made any more.
 */
const roundMs = 1_000;

/**
 * Deletes all objects of a definition, waits for those that have finalizers, and then lets the definition go. Several servers may do so at once; one that
 * ends half-way is followed by another (apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go).
 */
export async function removeInstances({ registry, clock, signal, operation, definition }: Removal): Promise<void> {
  const { name } = definition.metadata;
  const storage = definition.spec.versions.find((version) => version.storage);
  if (!storage) throw new Error(`${name} has no storage version`);
  const kind = customKind(definition, storage);
  const say = (reason: string, message: string) =>
    change(operation, name, "status", (current) => ({
      ...current,
      status: terminatingStatus(current, reason, message, clock.now()),
    }));
  await say("InstanceDeletionInProgress", "CustomResource deletion is in progress");
  const resource = registry.open(kind, customCodec(kind, storage.name));
  try {
    for (let quiet = 0; quiet < 2; ) {
      const { items } = await registry.store.list(resource.prefix);
      quiet = items.length === 0 ? quiet + 1 : 0;
      for (const { key } of items) {
        const [object = "", namespace = ""] = key.slice(resource.prefix.length).split("/").reverse();
        try {
          await deleteObject({ ...operation, resource, namespace: kind.namespaced ? namespace : "" }, object, {
            dryRun: false,
          });
        } catch (error) {
          if (!hasCode(error, "REQUEST_NOT_FOUND", "REQUEST_CONFLICT")) throw error;
        }
      }
      if (quiet < 2) await clock.sleep(roundMs, signal);
    }
  } finally {
    await resource.cache.close();
  }
  await say("InstanceDeletionCompleted", "removed all instances");
  await change(operation, name, "main", (current) => {
    const { finalizers = [], ...metadata } = current.metadata;
    return {
      ...current,
      metadata: { ...metadata, finalizers: finalizers.filter((one) => one !== customResourceCleanup) },
    };
  });
}

async function change(
  operation: WriteOperation,
  name: string,
  part: "main" | "status",
  to: (definition: CustomResourceDefinition) => CustomResourceDefinition,
): Promise<void> {
  try {
    await updateObject(operation, name, (current) => to(current as CustomResourceDefinition), part);
  } catch (error) {
    // Another server was faster.
    if (!hasCode(error, "REQUEST_NOT_FOUND")) throw error;
  }
}
