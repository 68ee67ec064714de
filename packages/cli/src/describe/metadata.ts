import type { KubeObject } from "@drydock/machinery";
import { lastAppliedAnnotation } from "../apply/last-applied.ts";
import { type Detail, pairs } from "../output/details.ts";

/** The first lines of every description. */
export function metadataDetails({ metadata }: KubeObject): Detail[] {
  const { [lastAppliedAnnotation]: _, ...annotations } = metadata.annotations ?? {};
  return [
    ["Name", metadata.name],
    ...(metadata.namespace === undefined ? [] : [["Namespace", metadata.namespace] as const]),
    ["Labels", pairs(metadata.labels)],
    ["Annotations", pairs(annotations, ": ")],
  ];
}

/** `Controlled By` of objects that a controller made. */
export function controllerDetails({ metadata }: KubeObject): Detail[] {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  return owner ? [["Controlled By", `${owner.kind}/${owner.name}`]] : [];
}
