import type { KubeObject, Namespace } from "@drydock/machinery";
import type { Strategy } from "./strategy.ts";

const immortal = ["default", "kube-system", "kube-public"];

/**
 * A namespace stays, Terminating, until the namespace controller has emptied it and taken its name from
 * spec.finalizers.
 */
export const namespaceStrategy: Strategy = {
  prepareForCreate(object: KubeObject): void {
    const namespace = object as Namespace;
    namespace.spec = { ...namespace.spec, finalizers: ["kubernetes"] };
    namespace.status = { phase: "Active" };
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      "kubernetes.io/metadata.name": namespace.metadata.name,
    };
  },
  prepareForUpdate(object: KubeObject, old: KubeObject): void {
    const before = (old as Namespace).spec;
    if (before) (object as Namespace).spec = before;
    object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  },
  markDeleted(object: KubeObject): void {
    (object as Namespace).status = { ...(object as Namespace).status, phase: "Terminating" };
  },
  mayBeRemoved: (object: KubeObject) => ((object as Namespace).spec?.finalizers ?? []).length === 0,
  undeletable: (object: KubeObject) =>
    immortal.includes(object.metadata.name) ? "this namespace may not be deleted" : undefined,
};
