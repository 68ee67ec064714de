import type { Kind, KubeObject } from "@drydock/machinery";
import type { WatchCache } from "../../store/watch-cache.ts";
import type { Codec } from "./codec.ts";

/** One kind as the server holds it: its rules, where its objects are in etcd, and the cache of them. */
export interface Resource {
  readonly kind: Kind;
  /** `/registry/pods/`, `/registry/drydock.dev/workloads/` */
  readonly prefix: string;
  readonly cache: WatchCache<KubeObject>;
  readonly codec: Codec;
  /** Its definition is being deleted: nothing new is made. */
  readonly terminating?: true;
}

export function prefixOf(kind: { group: string; plural: string }): string {
  return kind.group === "" ? `/registry/${kind.plural}/` : `/registry/${kind.group}/${kind.plural}/`;
}

/** The etcd prefix of a collection: all objects, or those of one namespace. */
export function collectionPrefix(resource: Resource, namespace: string): string {
  return resource.kind.namespaced && namespace !== "" ? `${resource.prefix}${namespace}/` : resource.prefix;
}

/** The etcd key of one object. */
export function objectKey(resource: Resource, namespace: string, name: string): string {
  return resource.kind.namespaced ? `${resource.prefix}${namespace}/${name}` : `${resource.prefix}${name}`;
}
