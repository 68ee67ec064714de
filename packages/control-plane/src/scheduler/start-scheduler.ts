import { type Clock, type Logger, systemClock } from "@drydock/kit";
import {
  type Client,
  createEventRecorder,
  type ElectionTimes,
  Node,
  Pod,
  startInformer,
  startLeaderElection,
} from "@drydock/machinery";
import type { Running } from "../running.ts";
import { withinTime } from "../within-time.ts";
import { defaultProfile, type Profile } from "./profile.ts";
import type { QueueOptions } from "./queue.ts";
import { Scheduler } from "./scheduler.ts";

export interface SchedulerOptions {
  client: Client;
  logger: Logger;
  clock?: Clock;
  /** As for the controllers. */
  leaderElection?: { identity: string; times?: ElectionTimes } | false;
  /** Which plugins run, and for which pods; the default one's pods name default-scheduler. */
  profile?: Profile;
  /** Delay of a pod between two attempts. kube-scheduler waits 1 s to 10 s; here the first retry comes sooner, since clusters are small. */
  queue?: Partial<QueueOptions>;
}

export interface RunningScheduler extends Running {
  /** Resolves when the caches are filled. */
  synced(): Promise<void>;
  isLeader(): boolean;
  queueLengths(): { active: number; backoff: number; unschedulable: number };
}

const defaultQueue: QueueOptions = { backoff: { initialMs: 100, maxMs: 10_000 }, maxUnschedulableMs: 300_000 };

/** Starts the scheduler. It keeps trying while the API server is not there: call `close` to end it. */
export function startScheduler(options: SchedulerOptions): Promise<RunningScheduler> {
  const { client, clock = systemClock, leaderElection = false, profile = defaultProfile } = options;
  const logger = options.logger.child({ component: "scheduler" });
  const nodes = startInformer(client, Node, { logger, clock });
  const pods = startInformer(client, Pod, { logger, clock });
  const recorder = createEventRecorder({ client, component: profile.schedulerName, clock, logger });
  const queue = { ...defaultQueue, ...options.queue };
  const scheduler = new Scheduler({ client, recorder, nodes, pods, profile, queue, clock, logger });

  const stopping = new AbortController();
  const election =
    leaderElection === false
      ? undefined
      : startLeaderElection({
          client,
          lease: { namespace: "kube-system", name: "drydock-scheduler" },
          ...leaderElection,
          clock,
          logger,
          lead: (signal) => scheduler.lead(signal),
        });
  const leading = election === undefined ? scheduler.lead(stopping.signal) : Promise.resolve();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopping.abort();
    // An API server that hangs must not hold us: what is under way then ends with the client.
    await withinTime(Promise.all([election?.stop(), leading]), 1500, clock);
    await Promise.all([nodes.stop(), pods.stop()]);
    await withinTime(recorder.flush(), 500, clock);
  };
  return Promise.resolve({
    failed: new Promise<never>(() => {}),
    async synced() {
      await Promise.all([nodes.synced(), pods.synced()]);
    },
    isLeader: () => election?.isLeader() ?? true,
    queueLengths: () => scheduler.queueLengths(),
    close() {
      closing ??= close();
      return closing;
    },
  });
}
