import { type FieldError, type KubeObject, validateObject } from "@drydock/machinery";
import { validateMeta, validateMetaUpdate } from "../meta/validate-meta.ts";
import { invalid } from "../status/refusals.ts";
import type { Resource } from "./resource.ts";
import { strategyOf } from "./strategies.ts";

/**
 * Every rule that an object must keep before it is stored; `old` is given on update. Throws REQUEST_INVALID with all
 * that are broken.
 */
export function checkObject(resource: Resource, object: KubeObject, old?: KubeObject): void {
  const { kind } = resource;
  const errors: FieldError[] = [
    ...validateMeta(kind, object),
    ...(old ? validateMetaUpdate(object, old) : []),
    ...validateObject(kind, object, old),
  ];
  if (errors.length === 0) errors.push(...(strategyOf(resource).validate?.(object) ?? []));
  if (errors.length > 0) throw invalid(kind, object.metadata.name ?? "", errors);
}
