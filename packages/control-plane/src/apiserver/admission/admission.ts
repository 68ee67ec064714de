import type { KubeObject } from "@drydock/machinery";
import type { User } from "../rbac/user.ts";
import type { Registry } from "../registry/registry.ts";
import type { Resource } from "../registry/resource.ts";

/** A write on its way to the store. */
export interface AdmissionRequest {
  readonly registry: Registry;
  readonly user: User;
  readonly resource: Resource;
  readonly operation: "create" | "update" | "delete" | "connect";
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What is to be written; absent for delete and connect. */
  readonly object?: KubeObject;
  /** What is there; absent for create. */
  readonly old?: KubeObject;
  /** Nothing is to be stored. */
  readonly dryRun?: boolean;
  /** Texts for the client. */
  readonly warnings?: string[];
}

/**
 * One rule about writes. `mutate` of all run first and may change `object`; `validate` sees the final object and throws
 * to refuse.
 */
export interface AdmissionStage {
  readonly name: string;
  readonly what: string;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
