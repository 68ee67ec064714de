import type { Container, EnvVar, Pod } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import { configMapData, type SourceObjects, secretData } from "../sources/source-objects.ts";
import { expand } from "./expand.ts";
import { fieldValue } from "./field-ref.ts";
import { resourceFieldValue } from "./resource-field.ts";

/** What a pod's fields are read from, besides the pod itself. */
export interface NodeFacts {
  nodeName: string;
  hostIP: string;
  podIP: string;
  cpus: number;
  memoryBytes: number;
}

/**
 * The variables of a container, in the order in which they are declared, so that a later one may use an earlier one by `$(NAME)`; whole
 * ConfigMaps and Secrets come first. AGENT_BAD_ENV names what is missing, in kubelet's words. Pure.
 */
export function environmentOf(
  pod: Pod,
  container: Container,
  facts: NodeFacts,
  sources: SourceObjects,
): { name: string; value: string }[] {
  const values = new Map<string, string>();
  for (const [name, value] of wholeObjects(pod, container, sources)) values.set(name, value);
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, pod, container, facts, sources, values);
    if (value !== undefined) values.set(variable.name, value);
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

function* wholeObjects(pod: Pod, container: Container, sources: SourceObjects): Iterable<[string, string]> {
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const name = configMapRef?.name ?? secretRef?.name ?? "";
    const data = configMapRef ? configMapOf(sources, name) : secretOf(sources, name);
    if (!data) {
      if (configMapRef?.optional ?? secretRef?.optional) continue;
      throw missing(configMapRef ? "configmap" : "secret", name, pod);
    }
    for (const [key, value] of data) {
      // What cannot be a variable's name is left out, as kubelet does.
      if (/^[^=\0]+$/.test(prefix + key)) yield [prefix + key, value.toString()];
    }
  }
}

function variableValue(
  { name, value = "", valueFrom }: EnvVar,
  pod: Pod,
  container: Container,
  facts: NodeFacts,
  sources: SourceObjects,
  values: ReadonlyMap<string, string>,
): string | undefined {
  if (!valueFrom) return expand(value, values);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return fieldValue(pod, fieldRef.fieldPath, facts);
  if (resourceFieldRef) return resourceFieldValue(pod, container, resourceFieldRef, facts);
  const reference = configMapKeyRef ?? secretKeyRef;
  if (!reference) throw agentError("AGENT_BAD_ENV", `variable ${name} has a source that is not known`);
  const kind = configMapKeyRef ? "configmap" : "secret";
  const objectName = reference.name ?? "";
  const data = configMapKeyRef ? configMapOf(sources, objectName) : secretOf(sources, objectName);
  if (!data && !reference.optional) throw missing(kind, objectName, pod);
  const found = data?.get(reference.key);
  if (found === undefined && !reference.optional) {
    throw agentError(
      "AGENT_BAD_ENV",
      `couldn't find key ${reference.key} in ${kind} ${pod.metadata.namespace}/${objectName}`,
      {
        hint: `add the key, or mark the reference optional`,
      },
    );
  }
  return found?.toString();
}

function configMapOf(sources: SourceObjects, name: string): Map<string, Buffer> | undefined {
  const found = sources.configMap(name);
  return found && configMapData(found);
}

function secretOf(sources: SourceObjects, name: string): Map<string, Buffer> | undefined {
  const found = sources.secret(name);
  return found && secretData(found);
}

function missing(kind: string, name: string, pod: Pod): Error {
  return agentError("AGENT_BAD_ENV", `${kind} "${name}" not found`, {
    hint: `create it in namespace ${pod.metadata.namespace}: the container starts as soon as it is there`,
  });
}
