import { isDeepStrictEqual } from "node:util";
import type { FieldError } from "../../kind.ts";
import { forbidden, invalid, notSupported, required } from "../../schema/field-errors.ts";
import { labelValue, qualifiedName } from "../../schema/names.ts";
import { matchesLabelSelector } from "../../selector/label-selector.ts";
import { setPodSpecDefaults } from "../pod/defaults.ts";
import { validatePodSpec } from "../pod/validate-spec.ts";
import type { Workload } from "./workload.ts";

/** The label by which a workload without a selector knows its pods. */
export const workloadLabel = "drydock.dev/workload";

/** A workload that states no selector selects by its own name, and its pods get the label. Mutates. */
export function setWorkloadDefaults(workload: Workload): void {
  const { metadata, spec } = workload;
  setPodSpecDefaults(spec.template.spec);
  if (spec.strategy?.type === "RollingUpdate") {
    spec.strategy.rollingUpdate = { maxUnavailable: "25%", maxSurge: "25%", ...spec.strategy.rollingUpdate };
  }
  if (spec.selector === undefined && metadata.name) {
    spec.selector = { matchLabels: { [workloadLabel]: metadata.name } };
    spec.template.metadata = {
      ...spec.template.metadata,
      labels: { [workloadLabel]: metadata.name, ...spec.template.metadata?.labels },
    };
  }
}

/** The rules of a Deployment: kubernetes/pkg/apis/apps/validation/validation.go. Pure. */
export function validateWorkload(workload: Workload, old?: Workload): FieldError[] {
  const { spec } = workload;
  const errors = [
    ...validateSelector(workload, old),
    ...validatePodSpec(spec.template.spec, "spec.template.spec"),
    ...validateStrategy(workload),
  ];
  const { restartPolicy = "Always" } = spec.template.spec;
  if (restartPolicy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  if ((spec.progressDeadlineSeconds ?? 600) <= (spec.minReadySeconds ?? 0)) {
    const problem = "must be greater than minReadySeconds";
    errors.push(invalid("spec.progressDeadlineSeconds", spec.progressDeadlineSeconds, problem));
  }
  return errors;
}

function validateSelector({ spec }: Workload, old?: Workload): FieldError[] {
  const { selector, template } = spec;
  const labels = template.metadata?.labels ?? {};
  const errors = Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => invalid("spec.template.metadata.labels", key, problem)),
    ...labelValue(value).map((problem) => invalid("spec.template.metadata.labels", value, problem)),
  ]);
  if (selector === undefined) return [...errors, required("spec.selector")];
  if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length) {
    errors.push(invalid("spec.selector", selector, "empty selector is invalid for workload"));
  }
  for (const [i, { operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const field = `spec.selector.matchExpressions[${i}].values`;
    const needsValues = operator === "In" || operator === "NotIn";
    if (needsValues && values.length === 0) {
      errors.push(required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (!needsValues && values.length > 0) {
      errors.push(forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  }
  if (!matchesLabelSelector(selector, labels)) {
    errors.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  if (old !== undefined && !isDeepStrictEqual(selector, old.spec.selector)) {
    errors.push(invalid("spec.selector", selector, "field is immutable"));
  }
  return errors;
}

function validateStrategy({ spec }: Workload): FieldError[] {
  const { type = "RollingUpdate", rollingUpdate } = spec.strategy ?? {};
  if (rollingUpdate === undefined) return [];
  const path = "spec.strategy.rollingUpdate";
  if (type === "Recreate") {
    return [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
  }
  const { maxUnavailable = "25%", maxSurge = "25%" } = rollingUpdate;
  const errors = [
    ...validateShare(maxUnavailable, `${path}.maxUnavailable`),
    ...validateShare(maxSurge, `${path}.maxSurge`),
  ];
  if (isNothing(maxUnavailable) && isNothing(maxSurge)) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  const percent = typeof maxUnavailable === "string" ? Number.parseInt(maxUnavailable, 10) : 0;
  if (percent > 100) errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "must not be greater than 100%"));
  return errors;
}

function validateShare(value: number | string, field: string): FieldError[] {
  if (typeof value === "number") return value >= 0 ? [] : [invalid(field, value, "must be greater than or equal to 0")];
  if (/^[0-9]+%$/.test(value)) return [];
  return [
    invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
}

function isNothing(value: number | string): boolean {
  return value === 0 || (typeof value === "string" && /^0+%$/.test(value));
}
