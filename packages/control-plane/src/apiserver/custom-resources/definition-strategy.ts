import {
  type CustomResourceDefinition,
  customResourceCleanup,
  type FieldError,
  type KubeObject,
} from "@drydock/machinery";
import type { Strategy } from "../registry/strategy.ts";
import { storedVersions, terminatingStatus } from "./accept-names.ts";
import { customKind } from "./custom-kind.ts";

/** A definition begins without a status, and stays, once it is deleted, until its objects are gone. */
export const definitionStrategy: Strategy = {
  prepareForCreate(object: KubeObject): void {
    const definition = object as CustomResourceDefinition;
    delete definition.status;
    definition.status = { storedVersions: storedVersions(definition) };
  },
  prepareForUpdate(object: KubeObject): void {
    const definition = object as CustomResourceDefinition;
    definition.status = { ...definition.status, storedVersions: storedVersions(definition) };
  },
  validate(object: KubeObject): FieldError[] {
    const definition = object as CustomResourceDefinition;
    const errors: FieldError[] = [];
    for (const version of definition.spec.versions) customKind(definition, version, errors);
    return errors;
  },
  // As upstream: the finalizer comes with the deletion, so that it is not in every manifest that is read back.
  mayBeRemoved: ({ metadata }: KubeObject) => metadata.deletionTimestamp !== undefined,
  markDeleted(object: KubeObject): void {
    const definition = object as CustomResourceDefinition;
    const { metadata } = definition;
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), customResourceCleanup])];
    const what = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    const now = Date.parse(metadata.deletionTimestamp ?? "");
    definition.status = terminatingStatus(definition, "InstanceDeletionPending", what, now);
  },
};
