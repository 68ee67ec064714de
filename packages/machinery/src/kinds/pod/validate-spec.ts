import type { FieldError } from "../../kind.ts";
import { duplicate, forbidden, invalid, required } from "../../schema/field-errors.ts";
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from "../../schema/names.ts";
import type { PodSpec, Toleration, Volume } from "./spec.ts";
import { validateContainers, validateName } from "./validate-container.ts";

/**
 * The rules for a pod's spec that its schema cannot state, as kubernetes/pkg/apis/core/validation/validation.go has
 * them. `path` is where the spec is: "spec", or "spec.template.spec" of a workload. Pure.
 */
export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, volumes, path),
    ...validateNodeSelector(spec.nodeSelector ?? {}, `${path}.nodeSelector`),
    ...(spec.nodeName ? validateName(spec.nodeName, `${path}.nodeName`, dnsSubdomain) : []),
    ...(spec.serviceAccountName
      ? validateName(spec.serviceAccountName, `${path}.serviceAccountName`, dnsSubdomain)
      : []),
    ...(spec.priorityClassName ? validateName(spec.priorityClassName, `${path}.priorityClassName`, dnsSubdomain) : []),
    ...(spec.tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, `${path}.tolerations[${i}]`)),
  ];
}

function validateVolumes(volumes: readonly Volume[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, volume] of volumes.entries()) {
    const here = `${path}[${i}]`;
    errors.push(...validateName(volume.name, `${here}.name`, dnsLabel));
    if (names.has(volume.name)) errors.push(duplicate(`${here}.name`, volume.name));
    names.add(volume.name);
    const { emptyDir, hostPath } = volume;
    if (emptyDir && hostPath) errors.push(forbidden(`${here}.hostPath`, "may not specify more than 1 volume type"));
    if (hostPath?.path === "") errors.push(required(`${here}.hostPath.path`));
    if (hostPath?.path.split("/").includes("..")) {
      errors.push(invalid(`${here}.hostPath.path`, hostPath.path, "must not contain '..'"));
    }
  }
  return errors;
}

function validateNodeSelector(selector: Record<string, string>, path: string): FieldError[] {
  return Object.entries(selector).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => invalid(path, key, problem)),
    ...labelValue(value).map((problem) => invalid(`${path}[${key}]`, value, problem)),
  ]);
}

function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key, operator = "Equal", value, effect, tolerationSeconds } = toleration;
  if (key) errors.push(...qualifiedName(key).map((problem) => invalid(`${path}.key`, key, problem)));
  else if (operator !== "Exists") {
    const problem = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, problem));
  }
  if (operator === "Exists" && value) {
    errors.push(invalid(`${path}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(invalid(`${path}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  return errors;
}
