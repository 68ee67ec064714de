/**
 * What every client and component of the API is made of. In reading order: kind.ts and object.ts (what a kind and an object are), kinds/ (all of
 * them), schema/ and selector/ (what their schemas and selectors mean), client/ (how to reach the server), informer/ (a cache that follows it), queue/ and
 * controller/ (how reconcilers get their keys), events/, leader/, openapi/.
 */
export {
  type BootstrapToken,
  type BootstrapTokenRecord,
  bootstrappersGroup,
  bootstrapTokenNamespace,
  bootstrapTokenSecret,
  bootstrapTokenSecretName,
  bootstrapTokenType,
  formatBootstrapToken,
  isExpiredToken,
  newBootstrapToken,
  parseBootstrapToken,
  readBootstrapToken,
} from "./bootstrap/bootstrap-token.ts";
export {
  createSigningRequest,
  type SigningRequestSubject,
  type SigningRequestWithKey,
} from "./certificates/create-signing-request.ts";
export {
  type CertificateOrder,
  type IssuedCertificate,
  requestCertificate,
} from "./certificates/request-certificate.ts";
export {
  type Rotation,
  type RotationOptions,
  renewalTime,
  startRotation,
  type Validity,
  validityOf,
} from "./certificates/rotation.ts";
export type * from "./client/client.ts";
export { type CreateClientOptions, createClient } from "./client/create-client.ts";
export { linesOf } from "./client/json-lines.ts";
export { loadKubeconfig } from "./client/kubeconfig.ts";
export { queryString, resourcePath } from "./client/resource-path.ts";
export { errorFromStatus, isStatus, parseStatus, type Status } from "./client/status.ts";
export { findCondition, isConditionTrue, rfc3339, rfc3339Micro, withCondition } from "./controller/conditions.ts";
export type {
  Controller,
  ControllerHealth,
  ControllerOptions,
  ReconcileResult,
  Reconciler,
} from "./controller/controller.ts";
export {
  type CreateOrUpdateOutcome,
  createOrUpdate,
  getIfExists,
  retryOnConflict,
} from "./controller/create-or-update.ts";
export { informerSource, type KeySource } from "./controller/key-source.ts";
export { controllerOf, controllerReference, isControlledBy, setControllerReference } from "./controller/owners.ts";
export { startController } from "./controller/start-controller.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
  referenceTo,
} from "./events/event-recorder.ts";
export type { InformerHandler } from "./informer/handlers.ts";
export { IndexedCache, type Indexer } from "./informer/indexed-cache.ts";
export type { Informer, InformerHealth } from "./informer/informer.ts";
export { type InformerOptions, startInformer } from "./informer/start-informer.ts";
export * from "./kind.ts";
export { builtinKinds } from "./kinds/all.ts";
export {
  CertificateSigningRequest,
  type SigningRequestCondition,
  signers,
} from "./kinds/certificate-signing-request.ts";
export { ClusterRole } from "./kinds/cluster-role.ts";
export { ClusterRoleBinding } from "./kinds/cluster-role-binding.ts";
export type { ConditionStatus } from "./kinds/condition.ts";
export { ConfigMap } from "./kinds/config-map.ts";
export { ControllerRevision } from "./kinds/controller-revision.ts";
export {
  CustomResourceDefinition,
  type CustomResourceNames,
  type CustomResourceVersion,
  customResourceCleanup,
} from "./kinds/custom-resource-definition/custom-resource-definition.ts";
export { ageColumn, ageOf, defineKind, nameColumn } from "./kinds/define.ts";
export { type Endpoint, type EndpointPort, EndpointSlice } from "./kinds/endpoint-slice.ts";
export { Event } from "./kinds/event.ts";
export { humanDuration } from "./kinds/human-duration.ts";
export type { LabelSelector, LabelSelectorRequirement } from "./kinds/label-selector.ts";
export { Lease, type LeaseSpec } from "./kinds/lease.ts";
export { LimitRange, type LimitRangeItem } from "./kinds/limit-range.ts";
export { Namespace } from "./kinds/namespace.ts";
export { Node, type NodeCondition, type NodeStatus, type NodeSystemInfo, type Taint } from "./kinds/node.ts";
export { ObjectMetaSchema } from "./kinds/object-meta.ts";
export type { ObjectReference } from "./kinds/object-reference.ts";
export { podStatusWord } from "./kinds/pod/columns.ts";
export type {
  Container,
  ContainerPort,
  EnvVar,
  ResourceRequirements,
  SecurityContext,
  VolumeMount,
} from "./kinds/pod/container.ts";
export { containerStatusesOf, containersOf, isSidecar } from "./kinds/pod/containers.ts";
export type { LifecycleHandler } from "./kinds/pod/lifecycle.ts";
export { Pod } from "./kinds/pod/pod.ts";
export type { Probe } from "./kinds/pod/probe.ts";
export { type PodReferences, podReferences } from "./kinds/pod/references.ts";
export type { DownwardFile, EnvFromSource, KeyToPath, VolumeProjection } from "./kinds/pod/sources.ts";
export type { PodSpec, PodTemplateSpec, Toleration, Volume } from "./kinds/pod/spec.ts";
export type { ContainerState, ContainerStatus, PodCondition, PodStatus } from "./kinds/pod/status.ts";
export { PodDisruptionBudget } from "./kinds/pod-disruption-budget.ts";
export type { PolicyRule } from "./kinds/policy-rule.ts";
export { PriorityClass } from "./kinds/priority-class.ts";
export { requestBodies } from "./kinds/requests/all.ts";
export { Binding, Eviction } from "./kinds/requests/pod-requests.ts";
export type { RequestBody } from "./kinds/requests/request-body.ts";
export { Scale } from "./kinds/requests/scale.ts";
export { TokenRequest } from "./kinds/requests/token-request.ts";
export { ResourceQuota } from "./kinds/resource-quota.ts";
export {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  type SubjectAccessReviewSpec,
  type SubjectAccessReviewStatus,
} from "./kinds/reviews/access-review.ts";
export { reviewKinds } from "./kinds/reviews/all.ts";
export { SelfSubjectReview, TokenReview, type UserInfo } from "./kinds/reviews/identity-review.ts";
export { SelfSubjectRulesReview } from "./kinds/reviews/rules-review.ts";
export { Role } from "./kinds/role.ts";
export { RoleBinding } from "./kinds/role-binding.ts";
export type { RoleRef, Subject } from "./kinds/role-reference.ts";
export { Secret } from "./kinds/secret.ts";
export { Service, type ServicePort } from "./kinds/service.ts";
export { ServiceAccount } from "./kinds/service-account.ts";
export {
  Workload,
  type WorkloadCondition,
  type WorkloadSpec,
  type WorkloadStatus,
} from "./kinds/workload/workload.ts";
export { type LeaderElection, type LeaderElectionOptions, startLeaderElection } from "./leader/leader-election.ts";
export type { ElectionTimes } from "./leader/lease-record.ts";
export * from "./object.ts";
export { type OpenApiDocument, openApiDocument } from "./openapi/document.ts";
export { WorkQueue, type WorkQueueOptions, type WorkQueueStats } from "./queue/work-queue.ts";
export { checkValues } from "./schema/check-values.ts";
export { applySchemaDefaults } from "./schema/defaults.ts";
export * as fieldError from "./schema/field-errors.ts";
export { fieldPath, fieldSchema, isJsonObject, type JsonObject, type JsonSchema } from "./schema/json-schema.ts";
export {
  configMapKey,
  dnsLabel,
  dnsSubdomain,
  envVarName,
  labelValue,
  type NameRule,
  pathSegment,
  portName,
  qualifiedName,
} from "./schema/names.ts";
export {
  canonicalQuantity,
  compareQuantities,
  formatBytes,
  formatMilli,
  isQuantity,
  milliOf,
  parseQuantity,
  wholeOf,
} from "./schema/quantity.ts";
export { applyDefaults, type ReadObject, readConfiguration, readObject, validateObject } from "./schema/read-object.ts";
export { type PathReader, parseSimplePath } from "./schema/simple-json-path.ts";
export { pruneUnknownFields, type UnknownField } from "./schema/unknown-fields.ts";
export {
  type FieldRequirement,
  fieldMatcher,
  formatFieldSelector,
  parseFieldSelector,
} from "./selector/field-selector.ts";
export {
  formatLabelRequirements,
  type LabelRequirement,
  type Labels,
  matchesLabels,
} from "./selector/label-requirement.ts";
export { formatLabelSelector, matchesLabelSelector, requirementsOf } from "./selector/label-selector.ts";
export { parseLabelSelector } from "./selector/parse-label-selector.ts";
