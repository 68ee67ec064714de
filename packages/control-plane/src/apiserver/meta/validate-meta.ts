import {
  type FieldError,
  fieldError,
  type Kind,
  type KubeObject,
  labelValue,
  type ObjectMeta,
  qualifiedName,
} from "@drydock/machinery";
import { nameRuleOf } from "./names.ts";

/** All annotations of an object together may have this many bytes. */
const annotationsLimitBytes = 256 * 1024;

/** The rules for metadata that hold for every kind (apimachinery/pkg/api/validation/objectmeta.go). Pure. */
export function validateMeta(kind: Kind, object: KubeObject): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (!metadata.name) {
    errors.push(fieldError.required("metadata.name", "name or generateName is required"));
  } else {
    for (const text of nameRuleOf(kind)(metadata.name))
      errors.push(fieldError.invalid("metadata.name", metadata.name, text));
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    for (const text of qualifiedName(key)) errors.push(fieldError.invalid("metadata.labels", key, text));
    for (const text of labelValue(value)) errors.push(fieldError.invalid("metadata.labels", value, text));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    for (const text of qualifiedName(key.toLowerCase()))
      errors.push(fieldError.invalid("metadata.annotations", key, text));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > annotationsLimitBytes) {
    errors.push(fieldError.tooLong("metadata.annotations", `may not be more than ${annotationsLimitBytes} bytes`));
  }
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    for (const text of qualifiedName(finalizer))
      errors.push(fieldError.invalid(`metadata.finalizers[${index}]`, finalizer, text));
  }
  return [...errors, ...validateOwners(metadata)];
}

function validateOwners(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    const field = `metadata.ownerReferences[${index}]`;
    for (const key of ["apiVersion", "kind", "name", "uid"] as const) {
      if (owner[key]) continue;
      errors.push(fieldError.invalid(`${field}.${key}`, owner[key] ?? "", "must not be empty"));
    }
    if (!owner.controller) continue;
    if (controller !== undefined) {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`;
      errors.push(fieldError.invalid("metadata.ownerReferences", metadata.ownerReferences, text));
    }
    controller = owner.name;
  }
  return errors;
}

/** What an update may not change, whoever asks. */
export function validateMetaUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const) {
    if (object.metadata[key] === old.metadata[key]) continue;
    errors.push(fieldError.invalid(`metadata.${key}`, object.metadata[key] ?? null, "field is immutable"));
  }
  if (old.metadata.deletionTimestamp) {
    const added = (object.metadata.finalizers ?? []).filter((one) => !old.metadata.finalizers?.includes(one));
    if (added.length > 0) {
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`;
      errors.push(fieldError.forbidden("metadata.finalizers", why));
    }
  }
  return errors;
}
