import type { FieldError } from "../../kind.ts";
import { duplicate, forbidden, invalid, required } from "../../schema/field-errors.ts";
import { dnsLabel, type NameRule, portName } from "../../schema/names.ts";
import { compareQuantities } from "../../schema/quantity.ts";
import type { Container } from "./container.ts";
import { isSidecar } from "./containers.ts";
import type { PodSpec } from "./spec.ts";
import { validateEnvironment } from "./validate-env.ts";
import { validateLifecycle } from "./validate-lifecycle.ts";
import { validateProbes } from "./validate-probe.ts";

/** The rules for the containers of one pod; `path` is that of its spec. A name is unique among all of them. */
export function validateContainers(
  { initContainers = [], containers }: Pick<PodSpec, "initContainers" | "containers">,
  volumes: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const placed = [
    ...initContainers.map((container, i) => ({ container, here: `${path}.initContainers[${i}]`, isInit: true })),
    ...containers.map((container, i) => ({ container, here: `${path}.containers[${i}]`, isInit: false })),
  ];
  for (const { container, here, isInit } of placed) {
    errors.push(...validateName(container.name, `${here}.name`, dnsLabel));
    if (names.has(container.name)) errors.push(duplicate(`${here}.name`, container.name));
    names.add(container.name);
    errors.push(
      ...validateRole(container, isInit, here),
      ...validateImage(container, here),
      ...validatePorts(container, here),
      ...validateEnvironment(container, here),
      ...validateResources(container, here),
      ...validateMounts(container, volumes, here),
      ...validateProbes(container, here),
      ...validateLifecycle(container, here),
    );
  }
  return errors;
}

/** What only one of the three kinds of containers may have. */
function validateRole(container: Container, isInit: boolean, path: string): FieldError[] {
  if (!isInit) {
    const problem = "may not be set for non-init containers";
    return container.restartPolicy ? [forbidden(`${path}.restartPolicy`, problem)] : [];
  }
  if (isSidecar(container)) return [];
  return (["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(`${path}.${field}`, "may not be set for init containers without restartPolicy=Always"));
}

export function validateName(name: string, field: string, rule: NameRule): FieldError[] {
  return name === "" ? [required(field)] : rule(name).map((problem) => invalid(field, name, problem));
}

function validateImage({ image }: Container, path: string): FieldError[] {
  if (!image) return [required(`${path}.image`)];
  return image === image.trim()
    ? []
    : [invalid(`${path}.image`, image, "must not have leading or trailing whitespace")];
}

function validatePorts({ ports = [] }: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name }] of ports.entries()) {
    if (!name) continue;
    const field = `${path}.ports[${i}].name`;
    errors.push(...portName(name).map((problem) => invalid(field, name, problem)));
    if (names.has(name)) errors.push(duplicate(field, name));
    names.add(name);
  }
  return errors;
}

function validateResources({ resources }: Container, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["cpu", "memory"] as const) {
    const request = resources?.requests?.[name];
    const limit = resources?.limits?.[name];
    for (const [part, amount] of Object.entries({ requests: request, limits: limit })) {
      if (amount === undefined || compareQuantities(amount, "0") >= 0) continue;
      errors.push(invalid(`${path}.resources.${part}[${name}]`, amount, "must be greater than or equal to 0"));
    }
    if (request !== undefined && limit !== undefined && compareQuantities(request, limit) > 0) {
      const problem = `must be less than or equal to ${name} limit of ${limit}`;
      errors.push(invalid(`${path}.resources.requests`, request, problem));
    }
  }
  return errors;
}

function validateMounts({ volumeMounts = [] }: Container, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [i, { name, mountPath }] of volumeMounts.entries()) {
    const here = `${path}.volumeMounts[${i}]`;
    if (name === "") errors.push(required(`${here}.name`));
    else if (!volumes.has(name)) errors.push(notFound(`${here}.name`, name));
    if (mountPath === "") errors.push(required(`${here}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalid(`${here}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
  }
  return errors;
}

function notFound(field: string, value: string): FieldError {
  return { field, reason: "FieldValueNotFound", message: `Not found: ${JSON.stringify(value)}` };
}
