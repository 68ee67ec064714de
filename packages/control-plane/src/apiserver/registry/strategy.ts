import type { FieldError, KubeObject } from "@drydock/machinery";
import type { User } from "../rbac/user.ts";
import type { Registry } from "./registry.ts";

/** What a kind does differently from the generic registry. Functions may change `object`, never `old`. */
export interface Strategy {
  prepareForCreate?(object: KubeObject, user: User): void;
  prepareForUpdate?(object: KubeObject, old: KubeObject): void;
  /** An update through a subresource (`status`, `approval`). */
  prepareForPartUpdate?(object: KubeObject, old: KubeObject, part: string, nowMs: number): void;
  /** Kinds that end gracefully: the seconds that this object gets. Others are deleted at once. */
  gracePeriodSeconds?(object: KubeObject, requested: number | undefined): number;
  /** Called once when the object is marked as being deleted. */
  markDeleted?(object: KubeObject): void;
  /** The object is gone: what it held besides is given back. */
  removed?(registry: Registry, object: KubeObject): Promise<void>;
  /** False while something besides finalizers keeps the object. */
  mayBeRemoved?(object: KubeObject): boolean;
  /** Rules that need more than the kind knows; asked when the others are kept. */
  validate?(object: KubeObject): FieldError[];
  /** A reason why this object is never deleted. */
  undeletable?(object: KubeObject): string | undefined;
  /** True when a status given at creation is kept. */
  keepsStatusOnCreate?: boolean;
}
