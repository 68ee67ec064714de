import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import {
  type Client,
  type EventRecorder,
  findCondition,
  type Informer,
  type Node,
  Pod,
  rfc3339,
} from "@drydock/machinery";
import { ClusterState } from "./cluster-state.ts";
import { isFilter } from "./framework.ts";
import { rejectingPlugins, unschedulableMessage } from "./message.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";
import type { Profile } from "./profile.ts";
import { type QueuedPod, type QueueOptions, SchedulingQueue } from "./queue.ts";
import { schedule } from "./schedule.ts";

/** Decisions are made one after the other; after so long (ms) without a pause, events and answers get their turn. */
const sliceMs = 5;
/** Bindings that may be under way at once. */
const maxBindings = 64;

export interface SchedulerDeps {
  client: Client;
  recorder: EventRecorder;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  profile: Profile;
  queue: QueueOptions;
  clock: Clock;
  logger: Logger;
}

/**
 * The edge around the pure core: feeds queue and cluster state from the informers, takes one pod after the other, decides, and writes the
 * decision. A decision takes effect in our own picture at once (the pod is assumed to be on its node), so the next one need not wait for
 * the binding, which goes on in parallel.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #bindings = new Set<Promise<void>>();
  #leading: AbortSignal | undefined;
  #running: Promise<void> | undefined;
  #alarm: { at: number; cancel: AbortController } | undefined;
  #start = 0;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#queue = new SchedulingQueue(deps.profile.plugins.filter(isFilter), deps.queue);
    deps.nodes.addHandler({
      added: (node) => this.#nodeSet(node),
      updated: (node) => this.#nodeSet(node),
      deleted: ({ metadata }) => this.#state.removeNode(metadata.name),
    });
    deps.pods.addHandler({
      added: (pod) => this.#podSet(pod),
      updated: (pod, old) => {
        // The name was given to another pod in between.
        if (old.metadata.uid !== pod.metadata.uid) this.#podGone(old);
        this.#podSet(pod, old);
      },
      deleted: (pod) => this.#podGone(pod),
    });
  }

  /** Schedules until the signal aborts, then waits for what is under way. Before and after, it only watches. */
  async lead(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([this.#deps.nodes.synced(signal), this.#deps.pods.synced(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#leading = signal;
    this.#wake();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#leading = undefined;
    this.#alarm?.cancel.abort();
    this.#alarm = undefined;
    await this.#running;
    await Promise.all(this.#bindings);
  }

  queueLengths(): { active: number; backoff: number; unschedulable: number } {
    return this.#queue.lengths;
  }

  #nodeSet(node: Node): void {
    for (const event of this.#state.setNode(node)) this.#queue.happened(event, this.#deps.clock.now());
    this.#wake();
  }

  #podSet(pod: Pod, old?: Pod): void {
    const { clock, profile } = this.#deps;
    const uid = pod.metadata.uid ?? "";
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") {
      this.#podGone(pod);
      return;
    }
    if (pod.spec.nodeName) {
      this.#queue.remove(uid);
      this.#state.setPod(pod);
      return;
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#queue.remove(uid);
      return;
    }
    const ours = (pod.spec.schedulerName ?? profile.schedulerName) === profile.schedulerName;
    // A pod that is placed without a node's name is being bound by us.
    if (!ours || this.#state.isPlaced(uid)) return;
    const isNews = old === undefined || JSON.stringify(old.spec) !== JSON.stringify(pod.spec);
    if (isNews) this.#queue.add(podInfoOf(pod), clock.now());
    else this.#queue.refresh(podInfoOf(pod), clock.now());
    this.#wake();
  }

  #podGone(pod: Pod): void {
    const uid = pod.metadata.uid ?? "";
    this.#queue.remove(uid);
    if (!this.#state.removePod(uid)) return;
    this.#queue.happened("PodRemoved", this.#deps.clock.now());
    this.#wake();
  }

  /** Sees to it that what is in the queue is worked on, now or when its time has come. */
  #wake(): void {
    if (this.#leading === undefined || this.#running !== undefined) return;
    const run = this.#run(this.#leading).catch((error: unknown) => {
      this.#deps.logger.error({ error: messageOf(error) }, "the scheduling loop broke and starts again");
    });
    this.#running = run.then(() => {
      this.#running = undefined;
      // What came in while the last turn ended has found it still running.
      if (this.#queue.lengths.active > 0) this.#wake();
      else this.#setAlarm();
    });
  }

  async #run(leading: AbortSignal): Promise<void> {
    // Events of one moment arrive together: let them all in before the first decision.
    await new Promise((resolve) => setImmediate(resolve));
    let pausedAt = performance.now();
    while (!leading.aborted) {
      this.#queue.flush(this.#deps.clock.now());
      const queued = this.#queue.pop();
      if (queued === undefined) return;
      this.#scheduleOne(queued, leading);
      if (this.#bindings.size >= maxBindings) await Promise.race(this.#bindings);
      if (performance.now() - pausedAt < sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      pausedAt = performance.now();
    }
  }

  #setAlarm(): void {
    const { clock } = this.#deps;
    const at = this.#queue.nextWake();
    if (at === undefined || this.#leading === undefined || (this.#alarm !== undefined && this.#alarm.at <= at)) return;
    this.#alarm?.cancel.abort();
    const alarm = { at, cancel: new AbortController() };
    this.#alarm = alarm;
    clock.sleep(Math.max(0, at - clock.now()), alarm.cancel.signal).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = undefined;
        this.#wake();
      },
      () => {
        // Cancelled: an earlier time was set, or we no longer lead.
      },
    );
  }

  /** Synchronous up to the point where the decision has taken effect in queue and state: no event can come in between. */
  #scheduleOne(queued: QueuedPod, leading: AbortSignal): void {
    const { pods, profile, clock } = this.#deps;
    const { key, uid } = queued.info;
    const pod = pods.get(key);
    if (pod?.metadata.uid !== uid || pod.spec.nodeName || pod.metadata.deletionTimestamp !== undefined) return;
    const info = podInfoOf(pod);
    let decision: ReturnType<typeof schedule>;
    try {
      decision = schedule(this.#state, info, profile, { start: this.#start });
    } catch (error) {
      // A plugin that throws costs its pod this attempt, and nobody else anything.
      this.#deps.logger.error({ pod: key, error: messageOf(error) }, "scheduling failed");
      this.#queue.failed(queued, clock.now());
      return;
    }
    this.#start = decision.nextStart;
    if (decision.node === undefined) {
      this.#queue.turnedDown(queued, rejectingPlugins(decision), clock.now());
      this.#track(this.#reportUnschedulable(pod, unschedulableMessage(decision)));
      return;
    }
    this.#state.assume(info, decision.node);
    this.#track(this.#bind(queued, info, decision.node, leading));
  }

  async #bind(queued: QueuedPod, { pod, key, uid }: PodInfo, node: string, leading: AbortSignal): Promise<void> {
    const { client, recorder, clock, logger } = this.#deps;
    const { namespace = "", name } = pod.metadata;
    try {
      await client.createSubresource(
        Pod,
        { namespace, name },
        "binding",
        {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { namespace, name, uid },
          target: { apiVersion: "v1", kind: "Node", name: node },
        },
        { signal: leading },
      );
    } catch (error) {
      if (this.#state.forget(uid)) this.#queue.happened("PodRemoved", clock.now());
      // Whether it is bound to another node, deleted or still free is seen when its turn comes again.
      if (!hasCode(error, "API_NOT_FOUND")) this.#queue.failed(queued, clock.now());
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT") && !leading.aborted) {
        logger.warn({ pod: key, node, error: messageOf(error) }, "binding failed and is tried again");
      }
      this.#wake();
      return;
    }
    recorder.recordEvent(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  async #reportUnschedulable(pod: Pod, message: string): Promise<void> {
    const { client, recorder, clock, logger } = this.#deps;
    recorder.recordEvent(pod, "Warning", "FailedScheduling", message);
    const old = findCondition(pod.status?.conditions, "PodScheduled");
    if (old?.status === "False" && old.reason === "Unschedulable" && old.message === message) return;
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastTransitionTime: old?.status === "False" ? old.lastTransitionTime : rfc3339(clock.now()),
    };
    const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
    try {
      await client.patch(Pod, pod.metadata, "strategic", patch, { subresource: "status" });
    } catch (error) {
      if (hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) return;
      // The event says the same; the next attempt writes it again.
      logger.warn({ pod: pod.metadata.name, error: messageOf(error) }, "condition PodScheduled was not written");
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#bindings.delete(tracked));
    this.#bindings.add(tracked);
  }
}
