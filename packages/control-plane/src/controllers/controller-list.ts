import type { Clock, Logger } from "@drydock/kit";
import {
  type CertificateSigningRequest,
  type Client,
  type ControllerOptions,
  type ControllerRevision,
  controllerOf,
  type EndpointSlice,
  type EventRecorder,
  type Informer,
  informerSource,
  type KeySource,
  keyOf,
  type Lease,
  matchesLabelSelector,
  type Namespace,
  type Node,
  type ObjectKey,
  type Pod,
  type PodDisruptionBudget,
  type Secret,
  type Service,
  type ServiceAccount,
  type Workload,
} from "@drydock/machinery";
import { TokenCleaner } from "./bootstrap-tokens/token-cleaner.ts";
import { CertificateApprover } from "./certificates/approver.ts";
import { RequestCleaner } from "./certificates/cleaner.ts";
import { CertificateSigner, type SigningOptions } from "./certificates/signer.ts";
import { DisruptionReconciler } from "./disruption/disruption-reconciler.ts";
import { EndpointSliceReconciler, serviceOf } from "./endpoint-slices/endpoint-slice-reconciler.ts";
import type { GarbageCollector } from "./garbage-collector/garbage-collector.ts";
import { podsByNode } from "./indexes.ts";
import { NamespaceReconciler } from "./namespace/namespace-reconciler.ts";
import { NodeIpamReconciler } from "./node-ipam/node-ipam-reconciler.ts";
import { EvictionReconciler } from "./node-lifecycle/eviction-reconciler.ts";
import { leaseNamespace, NodeReconciler } from "./node-lifecycle/node-reconciler.ts";
import { PodGcReconciler } from "./pod-gc/pod-gc-reconciler.ts";
import type { ResourceMonitor } from "./resource-monitor.ts";
import { ServiceAccountReconciler } from "./service-account/service-account-reconciler.ts";
import { templateHashLabel } from "./workload/labels.ts";
import type { WorkloadReconciler } from "./workload/reconciler.ts";

/** What controllers are put together from. */
export interface Parts {
  client: Client;
  recorder: EventRecorder;
  clock: Clock;
  logger: Logger;
  monitor: ResourceMonitor;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  workloads: Informer<Workload>;
  budgets: Informer<PodDisruptionBudget>;
  revisions: Informer<ControllerRevision>;
  leases: Informer<Lease>;
  namespaces: Informer<Namespace>;
  serviceAccounts: Informer<ServiceAccount>;
  secrets: Informer<Secret>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  signingRequests: Informer<CertificateSigningRequest>;
  collector: GarbageCollector;
  workload: WorkloadReconciler;
  nodeMonitorGraceMs: number;
  defaultTolerationSeconds: number;
  podGcQuarantineMs: number;
  /** Without the authority's key nothing is signed. */
  signing: SigningOptions | undefined;
  clusterCidr: string;
}

/** What they are called, in the order of `specifications`. */
export const controllerNames = [
  "workload",
  "node",
  "eviction",
  "pod-gc",
  "garbage-collector",
  "namespace",
  "service-account",
  "node-ipam",
  "disruption",
  "certificate-approver",
  "certificate-signer",
  "certificate-request-cleaner",
  "endpoint-slices",
  "bootstrap-token-cleaner",
] as const;
export type ControllerName = (typeof controllerNames)[number];

type Specification = Pick<ControllerOptions, "reconciler" | "sources" | "workers"> & { name: ControllerName };

/** Every controller: what it is called, what wakes it, and how many keys it works on at once. */
export function specifications(parts: Parts): Specification[] {
  const { nodes, pods, workloads, revisions, leases, namespaces, serviceAccounts, monitor, collector } = parts;
  const { secrets, signingRequests, signing, budgets, services, slices } = parts;
  return [
    {
      name: "workload",
      reconciler: parts.workload,
      sources: [
        informerSource(workloads),
        informerSource(pods, (pod) => workloadsOf(pod, workloads)),
        informerSource(revisions, (revision) => workloadsOf(revision, workloads)),
      ],
      workers: 8,
    },
    {
      name: "node",
      reconciler: new NodeReconciler({ ...parts, graceMs: parts.nodeMonitorGraceMs }),
      sources: [
        informerSource(nodes),
        informerSource(leases, ({ metadata }) => (metadata.namespace === leaseNamespace ? [metadata.name] : [])),
        // Its reconciler reads them; a change of a pod changes nothing about its node.
        silent(pods),
      ],
      workers: 4,
    },
    {
      name: "eviction",
      reconciler: new EvictionReconciler(parts),
      sources: [
        informerSource(pods, (pod) => (isTainted(nodes.get(pod.spec.nodeName ?? "")) ? [keyOf(pod)] : [])),
        informerSource(nodes, (node) => (isTainted(node) ? podsOf(node, pods) : [])),
      ],
      workers: 4,
    },
    {
      name: "pod-gc",
      reconciler: new PodGcReconciler({ ...parts, quarantineMs: parts.podGcQuarantineMs }),
      sources: [
        informerSource(pods, (pod) => (pod.spec.nodeName && !nodes.get(pod.spec.nodeName) ? [keyOf(pod)] : [])),
        deletionsOf(nodes, (node) => podsOf(node, pods)),
      ],
      workers: 4,
    },
    { name: "garbage-collector", reconciler: collector, sources: [collector], workers: 8 },
    {
      name: "namespace",
      reconciler: new NamespaceReconciler({ ...parts, now: () => parts.clock.now() }),
      sources: [informerSource(namespaces), namespacesThatLose(monitor, namespaces)],
      workers: 4,
    },
    {
      name: "service-account",
      reconciler: new ServiceAccountReconciler(parts),
      sources: [informerSource(namespaces), deletionsOf(serviceAccounts, ({ metadata }) => [metadata.namespace ?? ""])],
    },
    {
      name: "node-ipam",
      reconciler: new NodeIpamReconciler(parts),
      // A range that is free again may be what another node waits for.
      sources: [informerSource(nodes), deletionsOf(nodes, () => nodes.list().filter(lacksRange).map(keyOf))],
    },
    {
      name: "disruption",
      reconciler: new DisruptionReconciler(parts),
      sources: [
        informerSource(budgets),
        informerSource(pods, ({ metadata }) => budgets.list(metadata.namespace ?? "").map(keyOf)),
        // How many pods there should be.
        informerSource(workloads, ({ metadata }) => budgets.list(metadata.namespace ?? "").map(keyOf)),
      ],
    },
    {
      name: "certificate-approver",
      reconciler: new CertificateApprover(parts),
      sources: [informerSource(signingRequests), silent(nodes)],
      workers: 2,
    },
    ...(signing === undefined
      ? []
      : [
          {
            name: "certificate-signer" as const,
            reconciler: new CertificateSigner({ ...parts, ...signing }),
            sources: [informerSource(signingRequests)],
            workers: 2,
          },
        ]),
    {
      name: "certificate-request-cleaner",
      reconciler: new RequestCleaner(parts),
      sources: [informerSource(signingRequests)],
    },
    {
      name: "endpoint-slices",
      reconciler: new EndpointSliceReconciler(parts),
      sources: [
        informerSource(services),
        informerSource(pods, (pod) => servicesOf(pod, services)),
        // Somebody changed or deleted one of ours.
        informerSource(slices, serviceOf),
      ],
      workers: 4,
    },
    { name: "bootstrap-token-cleaner", reconciler: new TokenCleaner(parts), sources: [informerSource(secrets)] },
  ];
}

/** The Workload that owns the object, or those that could adopt it. */
function workloadsOf(object: Pod | ControllerRevision, workloads: Informer<Workload>): ObjectKey[] {
  const { namespace = "", labels = {} } = object.metadata;
  const owner = controllerOf(object);
  if (owner !== undefined) {
    const isWorkload = owner.kind === workloads.type.kind && owner.apiVersion.startsWith(`${workloads.type.group}/`);
    return isWorkload ? [`${namespace}/${owner.name}`] : [];
  }
  if (!(templateHashLabel in labels)) return [];
  return workloads
    .list(namespace)
    .filter(({ spec }) => matchesLabelSelector(spec.selector, labels))
    .map(keyOf);
}

/** The services whose selectors find the pod. */
function servicesOf({ metadata: { namespace, labels } }: Pod, services: Informer<Service>): ObjectKey[] {
  return services
    .list(namespace)
    .filter(({ spec }) => spec?.selector && matchesLabelSelector({ matchLabels: spec.selector }, labels))
    .map(keyOf);
}

function lacksRange({ spec }: Node): boolean {
  return !spec?.podCIDR;
}

function isTainted(node: Node | undefined): boolean {
  return node?.spec?.taints?.some(({ effect }) => effect === "NoExecute") ?? false;
}

function podsOf(node: Node, pods: Informer<Pod>): ObjectKey[] {
  return pods.byIndex(podsByNode, node.metadata.name).map(keyOf);
}

/** Wakes for deletions only. */
function deletionsOf<T extends Node | ServiceAccount>(
  informer: Informer<T>,
  keysOf: (object: T) => ObjectKey[],
): KeySource {
  return {
    synced: (signal) => informer.synced(signal),
    subscribe: (enqueue) =>
      informer.addHandler({
        deleted: (object) => {
          for (const key of keysOf(object)) enqueue(key);
        },
      }),
  };
}

/** Wakes for nothing; work waits for its cache all the same. */
function silent(informer: Informer<Pod> | Informer<Node>): KeySource {
  return { synced: (signal) => informer.synced(signal), subscribe: () => () => {} };
}

/** Wakes a namespace that is being deleted whenever something in it has gone. */
function namespacesThatLose(monitor: ResourceMonitor, namespaces: Informer<Namespace>): KeySource {
  return {
    synced: (signal) => namespaces.synced(signal),
    subscribe: (enqueue) =>
      monitor.addHandler({
        set: () => {},
        gone: (_type, { metadata: { namespace = "" } }) => {
          if (namespaces.get(namespace)?.metadata.deletionTimestamp !== undefined) enqueue(namespace);
        },
      }),
  };
}
