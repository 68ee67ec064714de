import type { AdmissionRequest } from "../admission/admission.ts";
import type { WriteParameters } from "../http/request-context.ts";
import type { User } from "../rbac/user.ts";
import type { Registry } from "./registry.ts";
import type { Resource } from "./resource.ts";

/**
 * What every operation on a resource is given. `namespace` is "" for cluster-scoped resources and for all namespaces.
 */
export interface Operation {
  readonly registry: Registry;
  readonly resource: Resource;
  readonly namespace: string;
  readonly user: User;
  /** Texts for the client, sent as Warning headers. */
  readonly warnings: string[];
  /** Runs the admission stages: those that change the object, or those that only judge it. */
  admit(request: AdmissionRequest & { phase: "mutate" | "validate" }): Promise<void>;
}

export interface WriteOperation extends Operation {
  readonly parameters: WriteParameters;
}
