import type { KubeObject } from "@drydock/machinery";
import { releaseQuotas } from "../quota/keep-quotas.ts";
import type { Registry } from "./registry.ts";
import type { Resource } from "./resource.ts";
import { strategyOf } from "./strategies.ts";

/** Gives back what an object took that is gone from etcd: its share of quotas, its address. */
export async function afterRemoval(registry: Registry, resource: Resource, object: KubeObject): Promise<void> {
  await releaseQuotas(registry, resource.kind, object.metadata.namespace ?? "", object);
  await strategyOf(resource).removed?.(registry, object);
}
