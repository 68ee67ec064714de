import type { TSchema } from "@sinclair/typebox";
import type { KubeObject } from "./object.ts";

/** Identifies a resource type on the wire. Enough for a client; servers have the whole Kind. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Lower-case plural, the last part of the URL. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Carries the object's type; never set. */
  readonly _type?: T;
}

/** One column of `kubectl get`, computed by the server (meta.k8s.io/v1 Table). */
export interface Column<T extends KubeObject = KubeObject> {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  format?: string;
  description: string;
  /** 0 is shown always, more only with -o wide. */
  priority?: number;
  value(object: T, now: number): string | number | boolean | null;
}

/** Reads one field for a field selector; "" when it is unset. (Declared as a method so that a Kind<Pod> is a Kind.) */
export type FieldGetter<T extends KubeObject> = { get(object: T): string }["get"];

/** A broken rule, in Kubernetes' words: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. */
export interface FieldError {
  /** Path with Kubernetes' notation: `spec.template.spec.containers[0].image`. */
  field: string;
  reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueDuplicate"
    | "FieldValueForbidden"
    | "FieldValueTypeInvalid"
    | "FieldValueTooLong"
    | "FieldValueNotFound";
  /** Without the path: `Invalid value: -1: must be …`. */
  message: string;
}

/**
 * One kind of the API: a single file in kinds/ defines it, and types, defaults, validation, OpenAPI, `explain`, table columns and
 * discovery follow from it.
 */
export interface Kind<T extends KubeObject = KubeObject> extends ResourceType<T> {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Structural schema of the whole object without metadata's inside; carries `default` and `description`. */
  readonly schema: TSchema;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** True when writes through the main resource leave `status` alone and the other way round. */
  readonly hasStatus: boolean;
  readonly columns: readonly Column<T>[];
  /** Fields that `--field-selector` may name, besides metadata.name and metadata.namespace. */
  readonly selectableFields: Readonly<Record<string, FieldGetter<T>>>;
  /** Defaults that the schema cannot state (those that follow from other fields). Mutates. */
  setDefaults?(object: T): void;
  /** Rules that the schema cannot state; `old` is given on update. Pure. */
  validate?(object: T, old?: T): FieldError[];
  /** Where `kubectl scale` reads and writes; `selector` is "" when there is none. */
  readonly scale?: { specReplicas: string; statusReplicas: string; selector: string };
  /** Made at run time by a CustomResourceDefinition. */
  readonly custom?: true;
  /** Said to everybody who uses this version of the kind. */
  readonly deprecation?: string;
}

/** Subresources beyond the object itself, e.g. "status", "scale", "log", "exec", "binding". */
export type Subresource =
  | "status"
  | "approval"
  | "scale"
  | "log"
  | "exec"
  | "attach"
  | "portforward"
  | "binding"
  | "eviction"
  | "token";

export function apiVersionOf(type: { group: string; version: string }): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}
