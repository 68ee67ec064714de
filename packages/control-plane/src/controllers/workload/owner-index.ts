import { controllerOf, type KubeObject } from "@drydock/machinery";
import { templateHashLabel } from "./labels.ts";

/** Name of the index under which pods and revisions are found by the uid of their controller, or as orphans of a namespace. */
export const indexByOwner = "workload-owner";

export function byOwner(object: KubeObject): string[] {
  const controller = controllerOf(object);
  if (controller !== undefined) return [controller.uid];
  // Only what a Workload has made can be adopted by one.
  return templateHashLabel in (object.metadata.labels ?? {}) ? [orphansOf(object.metadata.namespace ?? "")] : [];
}

export function orphansOf(namespace: string): string {
  return `orphans/${namespace}`;
}
