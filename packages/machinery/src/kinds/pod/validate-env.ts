import type { FieldError } from "../../kind.ts";
import { invalid, notSupported, required } from "../../schema/field-errors.ts";
import { envVarName, type NameRule } from "../../schema/names.ts";
import type { Container, EnvVar } from "./container.ts";

/** Fields of a pod that a variable may take its value from. */
const variablePaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** And files of a volume, which may change while the pod runs. */
const filePaths = ["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];
const keyedFieldPath = /^metadata\.(labels|annotations)\['.+'\]$/;
const resourceFields = ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"] as const;

/** The rules for the variables of one container. */
export function validateEnvironment({ env = [], envFrom = [] }: Container, path: string): FieldError[] {
  return [
    ...env.flatMap((variable, i) => validateVariable(variable, `${path}.env[${i}]`)),
    ...envFrom.flatMap(({ prefix, configMapRef, secretRef }, i) => {
      const here = `${path}.envFrom[${i}]`;
      const errors = prefix ? nameErrors(prefix, `${here}.prefix`, envVarName) : [];
      if (configMapRef && secretRef) {
        errors.push(invalid(here, "", "may not have more than one field specified at a time"));
      } else if (!configMapRef && !secretRef) {
        errors.push(invalid(here, "", "must specify one of: `configMapRef` or `secretRef`"));
      }
      if (configMapRef && !configMapRef.name) errors.push(required(`${here}.configMapRef.name`));
      if (secretRef && !secretRef.name) errors.push(required(`${here}.secretRef.name`));
      return errors;
    }),
  ];
}

function validateVariable({ name, value, valueFrom }: EnvVar, path: string): FieldError[] {
  const errors = name === "" ? [required(`${path}.name`)] : nameErrors(name, `${path}.name`, envVarName);
  if (valueFrom === undefined) return errors;
  const field = `${path}.valueFrom`;
  if (value) errors.push(invalid(field, "", "may not be specified when `value` is not empty"));
  const given = sources.filter((source) => valueFrom[source] !== undefined);
  if (given.length === 0) {
    errors.push(invalid(field, "", `must specify one of: ${sources.map((source) => `\`${source}\``).join(", ")}`));
  } else if (given.length > 1) {
    errors.push(invalid(field, "", "may not have more than one field specified at a time"));
  }
  const { fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef) errors.push(...validateFieldPath(fieldRef.fieldPath, `${field}.fieldRef.fieldPath`, "variable"));
  if (resourceFieldRef) errors.push(...validateResourceField(resourceFieldRef, `${field}.resourceFieldRef`, false));
  for (const source of ["configMapKeyRef", "secretKeyRef"] as const) {
    const reference = valueFrom[source];
    if (reference && !reference.name) errors.push(required(`${field}.${source}.name`));
    if (reference?.key === "") errors.push(required(`${field}.${source}.key`));
  }
  return errors;
}

export function validateFieldPath(path: string, field: string, use: "variable" | "volume"): FieldError[] {
  const known = use === "variable" ? variablePaths : filePaths;
  return known.includes(path) || keyedFieldPath.test(path) ? [] : [notSupported(field, path, known)];
}

export function validateResourceField(
  { containerName, resource }: { containerName?: string; resource: string },
  path: string,
  needsContainer: boolean,
): FieldError[] {
  const errors = needsContainer && !containerName ? [required(`${path}.containerName`)] : [];
  if (!resourceFields.includes(resource)) errors.push(notSupported(`${path}.resource`, resource, resourceFields));
  return errors;
}

function nameErrors(name: string, field: string, rule: NameRule): FieldError[] {
  return rule(name).map((problem) => invalid(field, name, problem));
}
