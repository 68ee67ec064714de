import type { KubeObject } from "@drydock/machinery";
import type { User } from "../rbac/user.ts";

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
  /** False while something besides finalizers keeps the object. */
  mayBeRemoved?(object: KubeObject): boolean;
  /** A reason why this object is never deleted. */
  undeletable?(object: KubeObject): string | undefined;
  /** True when a status given at creation is kept. */
  keepsStatusOnCreate?: boolean;
}
