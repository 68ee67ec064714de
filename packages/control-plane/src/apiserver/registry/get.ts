import type { KubeObject } from "@drydock/machinery";
import { notFound, tooNew } from "../status/refusals.ts";
import { readRevision } from "./list-options.ts";
import type { Operation } from "./operation.ts";
import { objectKey } from "./resource.ts";

/** Reads one object: from etcd, or from the cache when the client says how old it may be. Throws REQUEST_NOT_FOUND. */
export async function getObject(operation: Operation, name: string, resourceVersion: string): Promise<KubeObject> {
  const { registry, resource, namespace } = operation;
  if (resourceVersion === "") return registry.read(resource, namespace, name);
  const revision = readRevision(resourceVersion);
  await resource.cache.ready();
  if (revision <= resource.cache.revision) {
    const cached = resource.cache.get(objectKey(resource, namespace, name));
    if (cached) return cached;
    if (revision === 0) throw notFound(resource.kind, name);
  }
  const object = await registry.read(resource, namespace, name);
  // The object may be old while etcd is new; only a revision that etcd has not reached is too new.
  const { revision: current } = await registry.store.list(`${resource.prefix}\0`, { limit: 1 });
  if (current < revision) throw tooNew(revision, current);
  return object;
}
