import { type BackoffPolicy, backoffDelay } from "@drydock/kit";
import type { ClusterEvent, FilterPlugin } from "./framework.ts";
import { Heap } from "./heap.ts";
import type { PodInfo } from "./pod-info.ts";

/** A pod that waits for a node. */
export interface QueuedPod {
  readonly info: PodInfo;
  /** How often it has been tried. */
  readonly attempts: number;
  /** When it came into the queue first (ms): the older goes first. */
  readonly since: number;
  /** Since when it must not be tried again (ms), and so until when. */
  readonly notBefore: number;
  /** Plugins that turned it down the last time; undefined when it failed for another reason. */
  readonly rejectedBy: ReadonlySet<string> | undefined;
}

export interface QueueOptions {
  backoff: BackoffPolicy;
  /** A pod that no event has helped is tried again after this long (ms) all the same. */
  maxUnschedulableMs: number;
}

/**
 * Pods without a node, in three parts, as in kube-scheduler:
 *
 * - active: to be tried now; higher priority first, then the older.
 * - backing off: to be tried when their delay has passed.
 * - unschedulable: to be tried when something happens that the plugins which rejected them are waiting for.
 *
 * Holds no timers and reads no clock: time comes in as a parameter, and `nextWake` says when to call `flush`.
 */
export class SchedulingQueue {
  readonly #active = new Heap<QueuedPod>(keyOf, (a, b) =>
    a.info.priority === b.info.priority ? a.since < b.since : a.info.priority > b.info.priority,
  );
  readonly #backingOff = new Heap<QueuedPod>(keyOf, (a, b) => a.notBefore < b.notBefore);
  /** By uid, in the order in which they came, which is that of retryAt. */
  readonly #unschedulable = new Map<string, QueuedPod & { retryAt: number }>();
  readonly #retryOn: ReadonlyMap<string, ReadonlySet<ClusterEvent>>;
  readonly #options: QueueOptions;

  constructor(plugins: readonly Pick<FilterPlugin, "name" | "retryOn">[], options: QueueOptions) {
    this.#retryOn = new Map(plugins.map(({ name, retryOn }) => [name, new Set(retryOn)]));
    this.#options = options;
  }

  get lengths(): { active: number; backoff: number; unschedulable: number } {
    return {
      active: this.#active.size,
      backoff: this.#backingOff.size,
      unschedulable: this.#unschedulable.size,
    };
  }

  /** A pod that is new, or whose spec has changed since it was turned down. */
  add(info: PodInfo, now: number): void {
    const known = this.#take(info.uid);
    const queued = known ?? { attempts: 0, since: now, notBefore: 0, rejectedBy: undefined };
    this.#enqueue({ ...queued, info }, now);
  }

  /** Takes over a newer copy of a waiting pod that changes nothing about where it fits (its status, say). */
  refresh(info: PodInfo, now: number): void {
    const waiting = this.#unschedulable.get(info.uid);
    if (waiting !== undefined) this.#unschedulable.set(info.uid, { ...waiting, info });
    else this.add(info, now);
  }

  /** The pod is gone, or has a node. */
  remove(uid: string): void {
    this.#take(uid);
  }

  pop(): QueuedPod | undefined {
    const queued = this.#active.pop();
    return queued && { ...queued, attempts: queued.attempts + 1 };
  }

  /** Puts back a pod that fits nowhere: it waits for an event. */
  turnedDown(queued: QueuedPod, rejectedBy: ReadonlySet<string>, now: number): void {
    const notBefore = now + backoffDelay(this.#options.backoff, queued.attempts);
    const retryAt = now + this.#options.maxUnschedulableMs;
    this.#unschedulable.set(queued.info.uid, { ...queued, notBefore, rejectedBy, retryAt });
  }

  /** Puts back a pod that could not be tried or bound, for a reason that may pass by itself. */
  failed(queued: QueuedPod, now: number): void {
    const notBefore = now + backoffDelay(this.#options.backoff, queued.attempts);
    this.#enqueue({ ...queued, notBefore, rejectedBy: undefined }, now);
  }

  /** Something has changed in the cluster: gives those another chance whom it may help. */
  happened(event: ClusterEvent, now: number): void {
    for (const [uid, queued] of this.#unschedulable) {
      if (!this.#mayHelp(event, queued)) continue;
      this.#unschedulable.delete(uid);
      this.#enqueue(queued, now);
    }
  }

  /** Moves what has waited long enough to the active part. */
  flush(now: number): void {
    for (
      let next = this.#backingOff.peek();
      next !== undefined && next.notBefore <= now;
      next = this.#backingOff.peek()
    ) {
      this.#backingOff.pop();
      this.#active.push(next);
    }
    for (const [uid, queued] of this.#unschedulable) {
      if (queued.retryAt > now) break;
      this.#unschedulable.delete(uid);
      this.#enqueue(queued, now);
    }
  }

  /** When (ms) flush has something to move; undefined when nothing waits for time. */
  nextWake(): number | undefined {
    const backoff = this.#backingOff.peek()?.notBefore;
    const retry = this.#unschedulable.values().next().value?.retryAt;
    if (backoff === undefined || retry === undefined) return backoff ?? retry;
    return Math.min(backoff, retry);
  }

  #enqueue(queued: QueuedPod, now: number): void {
    (queued.notBefore > now ? this.#backingOff : this.#active).push(queued);
  }

  #take(uid: string): QueuedPod | undefined {
    const waiting = this.#unschedulable.get(uid);
    this.#unschedulable.delete(uid);
    return this.#active.delete(uid) ?? this.#backingOff.delete(uid) ?? waiting;
  }

  #mayHelp(event: ClusterEvent, { rejectedBy }: QueuedPod): boolean {
    if (rejectedBy === undefined) return true;
    // Nobody rejected it: there was no node at all.
    if (rejectedBy.size === 0) return event === "NodeAdded";
    return [...rejectedBy].some((plugin) => this.#retryOn.get(plugin)?.has(event) ?? true);
  }
}

function keyOf({ info }: QueuedPod): string {
  return info.uid;
}
