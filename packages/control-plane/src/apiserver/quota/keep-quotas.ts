import { isDeepStrictEqual } from "node:util";
import { hasCode } from "@drydock/kit";
import { type Kind, type KubeObject, ResourceQuota } from "@drydock/machinery";
import { withRevision } from "../registry/codec.ts";
import type { Registry } from "../registry/registry.ts";
import { collectionPrefix, objectKey } from "../registry/resource.ts";
import { forbidden } from "../status/refusals.ts";
import { amountsOf, chargeQuota, countQuota } from "./judge-quota.ts";

/** A race with others who charge the same quota is run again so often. */
const attempts = 50;

/**
 * Charges what a new object takes to the quotas of its namespace, before it is stored, by compare-and-swap: however many
 * are made at once by however many servers, no limit is passed. Throws REQUEST_FORBIDDEN.
 */
export async function chargeQuotas(
  registry: Registry,
  kind: Kind,
  namespace: string,
  object: KubeObject,
): Promise<void> {
  const charged: string[] = [];
  try {
    for (const name of quotasIn(registry, namespace)) {
      if (await change(registry, namespace, name, kind, object, 1)) charged.push(name);
    }
  } catch (error) {
    await release(registry, namespace, charged, kind, object);
    throw error;
  }
}

/** Gives back what an object took: it is gone, or was not stored after all. */
export async function releaseQuotas(
  registry: Registry,
  kind: Kind,
  namespace: string,
  object: KubeObject,
): Promise<void> {
  await release(registry, namespace, quotasIn(registry, namespace), kind, object);
}

async function release(
  registry: Registry,
  namespace: string,
  names: readonly string[],
  kind: Kind,
  object: KubeObject,
) {
  for (const name of names) await change(registry, namespace, name, kind, object, -1);
}

/** Counts anew what a quota limits: it is new, or its limits have changed, or something ended without a word. */
export async function recountQuota(registry: Registry, namespace: string, name: string): Promise<void> {
  const resource = registry.require(ResourceQuota);
  const quota = (await registry.read(resource, namespace, name)) as ResourceQuota;
  // Versions of one kind show the same objects.
  const resources = new Map([...registry.resources].map((one) => [one.prefix, one])).values();
  const objects = [...resources].flatMap((one) =>
    one.kind.namespaced
      ? one.cache.list(collectionPrefix(one, namespace)).items.map((object) => ({ kind: one.kind, object }))
      : [],
  );
  const status = countQuota(quota, objects);
  if (isDeepStrictEqual(status, quota.status)) return;
  const key = objectKey(resource, namespace, name);
  await registry.store.update(key, resource.codec.encode(key, { ...quota, status } as KubeObject), revisionOf(quota));
}

function quotasIn(registry: Registry, namespace: string): string[] {
  const resource = registry.require(ResourceQuota);
  return resource.cache.list(collectionPrefix(resource, namespace)).items.map(({ metadata }) => metadata.name);
}

async function change(
  registry: Registry,
  namespace: string,
  name: string,
  kind: Kind,
  object: KubeObject,
  sign: 1 | -1,
): Promise<boolean> {
  const resource = registry.require(ResourceQuota);
  const key = objectKey(resource, namespace, name);
  const amounts = amountsOf(kind, object);
  for (let attempt = 1; ; attempt++) {
    const quota = await readIfExists(registry, namespace, name);
    if (quota && !isCounted(quota)) {
      await recountQuota(registry, namespace, name).catch(unlessLost);
      if (attempt < attempts) continue;
    }
    const charge = quota && chargeQuota(quota, amounts, sign);
    if (!quota || !charge) return false;
    if ("exceeded" in charge) throw forbidden(kind, object.metadata.name ?? "", charge.exceeded);
    try {
      const next = withRevision({ ...quota, status: charge.status } as KubeObject, 0);
      await registry.store.update(key, resource.codec.encode(key, next), revisionOf(quota));
      return true;
    } catch (error) {
      if (hasCode(error, "STORE_NOT_FOUND")) return false;
      if (!hasCode(error, "STORE_CONFLICT") || attempt >= attempts) throw error;
    }
  }
}

async function readIfExists(registry: Registry, namespace: string, name: string): Promise<ResourceQuota | undefined> {
  try {
    return (await registry.read(registry.require(ResourceQuota), namespace, name)) as ResourceQuota;
  } catch (error) {
    if (hasCode(error, "REQUEST_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** False for a quota that is new, or whose limits are: nothing has been counted for them. */
function isCounted({ spec, status }: ResourceQuota): boolean {
  return isDeepStrictEqual(spec?.hard ?? {}, status?.hard ?? {});
}

/** Somebody else counts or charges it at the same time, or it is gone: the next look at it tells. */
function unlessLost(error: unknown): void {
  if (!hasCode(error, "STORE_CONFLICT", "STORE_NOT_FOUND", "REQUEST_NOT_FOUND")) throw error;
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
