import { isDeepStrictEqual } from "node:util";
import type { FieldError } from "../../kind.ts";
import { forbidden } from "../../schema/field-errors.ts";
import type { Pod } from "./pod.ts";
import type { PodSpec } from "./spec.ts";

const mayChange =
  "`spec.containers[*].image`, `spec.initContainers[*].image`, `spec.terminationGracePeriodSeconds` (to less), `spec.tolerations` (only additions)";

/**
 * A pod's spec is what was scheduled and started: little of it can change later. nodeName may be set once, which is what binding
 * does. Pure.
 */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const allowed = structuredClone(old.spec);
  for (const list of ["initContainers", "containers"] as const) {
    for (const [i, container] of (allowed[list] ?? []).entries()) {
      const { image } = pod.spec[list]?.[i] ?? {};
      if (image !== undefined) container.image = image;
    }
  }
  if (!allowed.nodeName && pod.spec.nodeName) allowed.nodeName = pod.spec.nodeName;
  takeOver(allowed, pod.spec, "tolerations", addsOnly);
  takeOver(allowed, pod.spec, "terminationGracePeriodSeconds", isLess);
  if (isDeepStrictEqual(allowed, pod.spec)) return [];
  return [forbidden("spec", `pod updates may not change fields other than ${mayChange}`)];
}

function takeOver<K extends keyof PodSpec>(
  allowed: PodSpec,
  next: PodSpec,
  field: K,
  isAllowed: (next: PodSpec[K], old: PodSpec[K]) => boolean,
): void {
  if (field in next && isAllowed(next[field], allowed[field])) allowed[field] = next[field];
}

function addsOnly(next: PodSpec["tolerations"], old: PodSpec["tolerations"]): boolean {
  return (old ?? []).every((toleration) => next?.some((other) => isDeepStrictEqual(toleration, other)));
}

function isLess(
  next: PodSpec["terminationGracePeriodSeconds"],
  old: PodSpec["terminationGracePeriodSeconds"],
): boolean {
  return next !== undefined && next <= (old ?? 30);
}
