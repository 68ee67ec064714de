import type {
  ControllerRevision,
  Event,
  Lease,
  Namespace,
  Node,
  Pod,
  ResourceType,
  Workload,
} from "@drydock/machinery";

/** The resources that commands know by name. Only names: the kinds themselves, with their schemas, are loaded by who explains them. */
export const pods: ResourceType<Pod> = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
export const nodes: ResourceType<Node> = { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false };
export const namespaces: ResourceType<Namespace> = {
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
};
export const events: ResourceType<Event> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};
export const workloads: ResourceType<Workload> = {
  group: "drydock.dev",
  version: "v1",
  kind: "Workload",
  plural: "workloads",
  namespaced: true,
};
export const controllerRevisions: ResourceType<ControllerRevision> = {
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
};
export const leases: ResourceType<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};
