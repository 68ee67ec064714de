import { controllerReference, type Pod, type PodTemplateSpec, Workload } from "@drydock/machinery";
import { templateHashLabel } from "./labels.ts";

/** The pod to create from one revision's template. */
export function newPod(workload: Workload, template: PodTemplateSpec, hash: string, name: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...(workload.metadata.namespace === undefined ? {} : { namespace: workload.metadata.namespace }),
      labels: { ...labels, [templateHashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(workload, Workload)],
    },
    spec: structuredClone(template.spec),
  };
}
