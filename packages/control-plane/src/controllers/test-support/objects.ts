import type { ControllerRevision, Node, Pod, Workload, WorkloadSpec } from "@drydock/machinery";
import { templateHashLabel } from "../workload/labels.ts";

/** Objects for tests: complete enough to be decided on, short enough to be read. */

export const startOfTime = Date.parse("2026-01-01T00:00:00Z");

export function at(seconds: number): string {
  return new Date(startOfTime + seconds * 1000).toISOString().replace(".000Z", "Z");
}

export function workload(spec: Partial<WorkloadSpec> = {}, image = "web:1"): Workload {
  return {
    apiVersion: "drydock.dev/v1",
    kind: "Workload",
    metadata: { name: "web", namespace: "default", uid: "workload-uid", generation: 1, creationTimestamp: at(0) },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } },
      ...spec,
    },
  };
}

export interface PodFacts {
  name: string;
  hash?: string;
  node?: string;
  phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  /** Seconds after the start of time at which it became Ready. */
  readySince?: number;
  createdAt?: number;
  terminating?: boolean;
  restarts?: number;
  owner?: string | null;
  labels?: Record<string, string>;
}

export function pod(facts: PodFacts): Pod {
  const { name, hash = "old", owner = "workload-uid", createdAt = 0, readySince } = facts;
  const running = facts.phase ?? (readySince === undefined ? "Pending" : "Running");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: at(createdAt),
      labels: facts.labels ?? { app: "web", [templateHashLabel]: hash },
      ...(facts.terminating ? { deletionTimestamp: at(createdAt) } : {}),
      ...(owner === null ? {} : { ownerReferences: [ownerReference(owner)] }),
    },
    spec: {
      containers: [{ name: "web", image: "web" }],
      ...(facts.node === undefined ? {} : { nodeName: facts.node }),
    },
    status: {
      phase: running,
      conditions: [
        readySince === undefined
          ? { type: "Ready", status: "False" }
          : { type: "Ready", status: "True", lastTransitionTime: at(readySince) },
      ],
      containerStatuses: [
        { name: "web", ready: readySince !== undefined, restartCount: facts.restarts ?? 0, image: "web", imageID: "" },
      ],
    },
  };
}

export function ownerReference(uid: string, name = "web") {
  return { apiVersion: "drydock.dev/v1", kind: "Workload", name, uid, controller: true, blockOwnerDeletion: true };
}

export function revision(of: Workload, hash: string, number: number): ControllerRevision {
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `web-${hash}`,
      namespace: "default",
      uid: `uid-${hash}`,
      resourceVersion: "1",
      labels: { app: "web", [templateHashLabel]: hash },
      ownerReferences: [ownerReference("workload-uid")],
    },
    data: { spec: { template: of.spec.template } },
    revision: number,
  };
}

export interface NodeFacts {
  name: string;
  cpu?: string;
  memory?: string;
  pods?: string;
  ready?: "True" | "False" | "Unknown";
  labels?: Record<string, string>;
  spec?: Node["spec"];
}

export function node({ name, cpu = "4", memory = "8Gi", pods = "110", ready = "True", labels, spec }: NodeFacts): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: `uid-${name}`, labels: labels ?? {}, creationTimestamp: at(0) },
    ...(spec === undefined ? {} : { spec }),
    status: {
      allocatable: { cpu, memory, pods },
      conditions: [{ type: "Ready", status: ready, lastTransitionTime: at(0), lastHeartbeatTime: at(0) }],
    },
  };
}
