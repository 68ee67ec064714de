import { randomBytes, randomUUID } from "node:crypto";
import { hasCode } from "@drydock/kit";
import type { KubeObject, ManagedFieldsEntry } from "@drydock/machinery";
import { noteCreate, setEntries, writerOf } from "../fields/managed-fields.ts";
import { chargeQuotas, releaseQuotas } from "../quota/keep-quotas.ts";
import { alreadyExists, badRequest, generateNameTaken } from "../status/refusals.ts";
import { checkObject } from "./check-object.ts";
import { withRevision } from "./codec.ts";
import type { WriteOperation } from "./operation.ts";
import { objectKey } from "./resource.ts";
import { strategyOf } from "./strategies.ts";
import { mayHaveHappened } from "./unknown-fate.ts";

/**
 * Makes an object that must not exist and returns it as stored. `object` is decoded and has its defaults; it is
 * changed. `owners`: who owns what, when that is not the writer alone.
 */
export async function createObject(
  operation: WriteOperation,
  object: KubeObject,
  owners?: ManagedFieldsEntry[],
): Promise<KubeObject> {
  const { resource, registry, namespace, parameters } = operation;
  const { kind } = resource;
  const { metadata } = object;
  placeInNamespace(operation, object);
  if (metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  const generated = !metadata.name && metadata.generateName ? metadata.generateName : undefined;
  if (generated !== undefined) metadata.name = generateName(generated);
  object.metadata = {
    ...metadata,
    uid: randomUUID(),
    creationTimestamp: rfc3339(registry.clock.now()),
    ...(hasGeneration(operation) ? { generation: 1 } : {}),
  };
  for (const key of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"]) {
    delete (object.metadata as unknown as Record<string, unknown>)[key];
  }
  if (!hasGeneration(operation)) delete object.metadata.generation;
  const strategy = strategyOf(resource);
  if (kind.hasStatus && !strategy.keepsStatusOnCreate) delete (object as { status?: unknown }).status;
  // What the server itself adds from here on belongs to nobody.
  if (owners) setEntries(object, owners);
  else noteCreate(kind, object, writerOf(kind, parameters.fieldManager, "Update", "", rfc3339(registry.clock.now())));
  strategy.prepareForCreate?.(object, operation.user);

  const { name } = object.metadata;
  const { user } = operation;
  const { dryRun } = parameters;
  const { warnings } = operation;
  const about = { registry, user, resource, namespace, name, object, dryRun, warnings };
  const request = { ...about, operation: "create", subresource: "" } as const;
  await operation.admit({ ...request, phase: "mutate" });
  checkObject(resource, object);
  await operation.admit({ ...request, phase: "validate" });

  const key = objectKey(resource, namespace, name);
  if (parameters.dryRun) {
    if (await registry.store.get(key)) throw alreadyExists(kind, name);
    return object;
  }
  await chargeQuotas(registry, kind, namespace, object);
  try {
    return withRevision(object, await registry.store.create(key, resource.codec.encode(key, object)));
  } catch (error) {
    // What may have been stored all the same stays charged; counting anew sets that right.
    if (!mayHaveHappened(error)) await releaseQuotas(registry, kind, namespace, object);
    if (!hasCode(error, "STORE_EXISTS")) throw error;
    throw generated === undefined ? alreadyExists(kind, name) : generateNameTaken(kind, name);
  }
}

function placeInNamespace({ resource, namespace }: WriteOperation, { metadata }: KubeObject): void {
  if (!resource.kind.namespaced) {
    if (metadata.namespace) throw badRequest("namespace should not be set on a cluster-scoped object");
    delete metadata.namespace;
    return;
  }
  if (namespace === "") throw badRequest("an empty namespace may not be set during creation");
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  metadata.namespace = namespace;
}

/** Kinds that have a desired and an observed state count the changes of the former. */
export function hasGeneration({ resource }: Pick<WriteOperation, "resource">): boolean {
  const { kind } = resource;
  if (kind.custom) return true;
  return kind.hasStatus && kind.schema.properties?.spec !== undefined && !uncounted.has(`${kind.group}/${kind.plural}`);
}

/** Kinds to which Kubernetes gives no generation. */
const uncounted = new Set(["/namespaces", "/nodes", "/services", "certificates.k8s.io/certificatesigningrequests"]);

// Without vowels, so that no words appear; without 0, 1 and 3, which look like letters (apimachinery/pkg/util/rand).
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

function generateName(prefix: string): string {
  let suffix = "";
  for (const byte of randomBytes(5)) suffix += alphabet[byte % alphabet.length];
  return prefix.slice(0, 58) + suffix;
}

/** Whole seconds in UTC, as all times of objects. */
export function rfc3339(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
