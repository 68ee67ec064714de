import type { KubeObject } from "@drydock/machinery";

/** meta.k8s.io PartialObjectMetadata: an object without what it is about. */
export function metadataOnly(object: KubeObject, metaVersion = "v1"): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${metaVersion}`, metadata: object.metadata };
}
