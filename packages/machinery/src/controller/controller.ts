import type { BackoffPolicy, Clock, Logger } from "@drydock/kit";
import type { ObjectKey } from "../object.ts";
import type { WorkQueueStats } from "../queue/work-queue.ts";
import type { KeySource } from "./key-source.ts";

/**
 * Brings one object closer to what is wanted of it. The contract of controller-runtime's reconcilers:
 *
 * - it gets a key and nothing else: why it was called is unknown, and every call reads all that it needs;
 * - it is idempotent, may be called at any time, also for objects that are gone, and never twice at once for one key;
 * - it remembers nothing between calls: what it has done it sees in the cluster;
 * - to throw is to be called again after a back-off; `requeueAfterMs` is to be called again at a known time; anything else waits for a change.
 */
export interface Reconciler {
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconciler that is done returns nothing.
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult | void>;
}

export interface ReconcileResult {
  requeueAfterMs?: number;
}

export interface ControllerOptions {
  name: string;
  reconciler: Reconciler;
  /** Where keys come from. Work starts when all of them are synced. */
  sources: readonly KeySource[];
  /** How many keys are reconciled at once; 1 unless stated. */
  workers?: number;
  logger?: Logger;
  clock?: Clock;
  backoff?: BackoffPolicy;
}

export interface ControllerHealth {
  queue: WorkQueueStats;
  /** Reconciles since the start. */
  reconciles: number;
  errors: number;
  lastError: { at: number; key: ObjectKey; message: string } | undefined;
}

export interface Controller {
  readonly name: string;
  /** Resolves when the sources are synced and the workers have started. */
  started(): Promise<void>;
  enqueue(key: ObjectKey): void;
  health(): ControllerHealth;
  /** Aborts the signal of running reconciles, waits for them and takes no more keys. */
  stop(): Promise<void>;
}
