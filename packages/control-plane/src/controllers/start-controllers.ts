import { type Clock, type Logger, systemClock } from "@drydock/kit";
import {
  CertificateSigningRequest,
  type Client,
  type Controller,
  type ControllerHealth,
  ControllerRevision,
  createEventRecorder,
  type ElectionTimes,
  EndpointSlice,
  Lease,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
  startController,
  startLeaderElection,
  Workload,
} from "@drydock/machinery";
import type { Running } from "../running.ts";
import { withinTime } from "../within-time.ts";
import type { SigningOptions } from "./certificates/signer.ts";
import { type Parts, specifications } from "./controller-list.ts";
import { GarbageCollector } from "./garbage-collector/garbage-collector.ts";
import { ResourceMonitor } from "./resource-monitor.ts";
import { SharedInformers } from "./shared-informers.ts";
import { WorkloadReconciler } from "./workload/reconciler.ts";

export interface ControllersOptions {
  client: Client;
  logger: Logger;
  clock?: Clock;
  /**
   * One of several: only the leader acts. A process that comes back under the same identity goes on at once, another waits for the
   * lease to run out. Without it (or false) this one acts right away.
   */
  leaderElection?: { identity: string; times?: ElectionTimes } | false;
  /** A node that is not heard of for so long is lost (ms); 40 s unless stated. */
  nodeMonitorGraceMs?: number;
  /** Seconds that pods which say nothing about it stay on a lost node; 300 unless stated. */
  defaultTolerationSeconds?: number;
  /** Pods of a node that was deleted are removed after this long (ms); 40 s unless stated. */
  podGcQuarantineMs?: number;
  /** How often new kinds are asked for (ms); 30 s unless stated. */
  discoveryRefreshMs?: number;
  /** The authority that signs approved certificate requests; without it none is signed here. */
  signing?: SigningOptions;
  /** Where nodes that state no range for their pods get a /24 from; 10.88.0.0/16 unless stated. */
  clusterCidr?: string;
  /** Controllers that are not started, by name: something else does their work. */
  without?: readonly string[];
}

export interface RunningControllers extends Running {
  /** Resolves when the caches are filled, and, without leader election, the controllers work. */
  synced(): Promise<void>;
  isLeader(): boolean;
  /** By controller; empty while another leads. */
  health(): Record<string, ControllerHealth>;
}

/** Starts all controllers. They keep trying while the API server is not there: call `close` to end them. */
export function startControllers(options: ControllersOptions): Promise<RunningControllers> {
  const { client, clock = systemClock, leaderElection = false } = options;
  const logger = options.logger.child({ component: "controllers" });
  const informers = new SharedInformers({ client, logger, clock });
  const recorder = createEventRecorder({ client, component: "drydock-controllers", clock, logger });
  const monitor = new ResourceMonitor({
    client,
    informers,
    clock,
    logger,
    refreshMs: options.discoveryRefreshMs ?? 30_000,
  });
  const nodes = informers.of(Node);
  const pods = informers.of(Pod);
  const workloads = informers.of(Workload);
  const revisions = informers.of(ControllerRevision);
  const parts: Parts = {
    client,
    recorder,
    clock,
    logger,
    monitor,
    nodes,
    pods,
    workloads,
    budgets: informers.of(PodDisruptionBudget),
    revisions,
    leases: informers.of(Lease),
    namespaces: informers.of(Namespace),
    serviceAccounts: informers.of(ServiceAccount),
    secrets: informers.of(Secret),
    services: informers.of(Service),
    slices: informers.of(EndpointSlice),
    signingRequests: informers.of(CertificateSigningRequest),
    collector: new GarbageCollector({ client, monitor, logger }),
    workload: new WorkloadReconciler({ client, recorder, workloads, pods, revisions, clock, logger }),
    nodeMonitorGraceMs: options.nodeMonitorGraceMs ?? 40_000,
    defaultTolerationSeconds: options.defaultTolerationSeconds ?? 300,
    podGcQuarantineMs: options.podGcQuarantineMs ?? 40_000,
    signing: options.signing,
    clusterCidr: options.clusterCidr ?? "10.88.0.0/16",
  };

  let controllers: Controller[] = [];
  const start = (): void => {
    controllers = specifications(parts)
      .filter(({ name }) => !options.without?.includes(name))
      .map((specification) => startController({ ...specification, logger, clock }));
  };
  const stop = async (): Promise<void> => {
    const running = controllers;
    controllers = [];
    await Promise.all(running.map((controller) => controller.stop()));
  };

  const election =
    leaderElection === false
      ? undefined
      : startLeaderElection({
          client,
          lease: { namespace: "kube-system", name: "drydock-controllers" },
          ...leaderElection,
          clock,
          logger,
          async lead(signal) {
            start();
            await aborted(signal);
            await stop();
          },
        });
  if (election === undefined) start();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // An API server that hangs must not hold us: what is under way then ends with the client.
    await withinTime(Promise.all([election?.stop(), stop()]), 1500, clock);
    await monitor.stop();
    await informers.stop();
    await withinTime(recorder.flush(), 500, clock);
  };
  return Promise.resolve({
    failed: new Promise<never>(() => {}),
    async synced() {
      await Promise.all([monitor.synced(), ...controllers.map((controller) => controller.started())]);
    },
    isLeader: () => election?.isLeader() ?? true,
    health: () => Object.fromEntries(controllers.map((controller) => [controller.name, controller.health()])),
    close() {
      closing ??= close();
      return closing;
    },
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
