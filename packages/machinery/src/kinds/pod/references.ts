import { containersOf } from "./containers.ts";
import type { PodSpec } from "./spec.ts";

/** Names of the objects, all of the pod's namespace, that a pod takes values and files from. */
export interface PodReferences {
  configMaps: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
}

/** What the node of a pod has to read besides the pod. Pure. */
export function podReferences(spec: PodSpec): PodReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const note = (names: Set<string>, name: string | undefined): void => {
    if (name) names.add(name);
  };
  for (const { env = [], envFrom = [] } of containersOf(spec)) {
    for (const { valueFrom } of env) {
      note(configMaps, valueFrom?.configMapKeyRef?.name);
      note(secrets, valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      note(configMaps, configMapRef?.name);
      note(secrets, secretRef?.name);
    }
  }
  for (const { configMap, secret, projected } of spec.volumes ?? []) {
    note(configMaps, configMap?.name);
    note(secrets, secret?.secretName);
    for (const source of projected?.sources ?? []) {
      note(configMaps, source.configMap?.name);
      note(secrets, source.secret?.name);
    }
  }
  return { configMaps, secrets };
}
