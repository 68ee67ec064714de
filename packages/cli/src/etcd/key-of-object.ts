import type { ResourceType } from "@drydock/machinery";

/** Where the API server keeps an object in etcd. */
export function keyOfObject({ group, plural, namespaced }: ResourceType, namespace: string, name: string): string {
  return ["/registry", ...(group === "" ? [] : [group]), plural, ...(namespaced ? [namespace] : []), name].join("/");
}
