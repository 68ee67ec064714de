import type { Kind } from "../kind.ts";
import { CertificateSigningRequest } from "./certificate-signing-request.ts";
import { ClusterRole } from "./cluster-role.ts";
import { ClusterRoleBinding } from "./cluster-role-binding.ts";
import { ConfigMap } from "./config-map.ts";
import { ControllerRevision } from "./controller-revision.ts";
import { CustomResourceDefinition } from "./custom-resource-definition/custom-resource-definition.ts";
import { EndpointSlice } from "./endpoint-slice.ts";
import { Event } from "./event.ts";
import { Lease } from "./lease.ts";
import { LimitRange } from "./limit-range.ts";
import { Namespace } from "./namespace.ts";
import { Node } from "./node.ts";
import { Pod } from "./pod/pod.ts";
import { PodDisruptionBudget } from "./pod-disruption-budget.ts";
import { PriorityClass } from "./priority-class.ts";
import { ResourceQuota } from "./resource-quota.ts";
import { Role } from "./role.ts";
import { RoleBinding } from "./role-binding.ts";
import { Secret } from "./secret.ts";
import { Service } from "./service.ts";
import { ServiceAccount } from "./service-account.ts";
import { Workload } from "./workload/workload.ts";

/** Every kind that the API server has from the start. */
export const builtinKinds: readonly Kind[] = [
  ConfigMap,
  Event,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
  Workload,
  EndpointSlice,
  ControllerRevision,
  Lease,
  PriorityClass,
  PodDisruptionBudget,
  ResourceQuota,
  LimitRange,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  CertificateSigningRequest,
  CustomResourceDefinition,
];
