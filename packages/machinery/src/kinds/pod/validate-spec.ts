import type { FieldError } from "../../kind.ts";
import { invalid } from "../../schema/field-errors.ts";
import { dnsSubdomain, labelValue, qualifiedName } from "../../schema/names.ts";
import type { PodSpec, Toleration } from "./spec.ts";
import { validateContainers, validateName } from "./validate-container.ts";
import { validateVolumes } from "./validate-volume.ts";

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
