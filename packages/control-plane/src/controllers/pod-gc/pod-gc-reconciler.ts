import { type Clock, hasCode } from "@drydock/kit";
import {
  type Client,
  type Informer,
  Node,
  type ObjectKey,
  Pod,
  type ReconcileResult,
  type Reconciler,
} from "@drydock/machinery";

export interface PodGcDeps {
  client: Client;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  clock: Clock;
  /** A node must have been gone for this long (ms): one that registers anew keeps its pods. */
  quarantineMs: number;
}

/** Removes the pods of nodes that no longer exist: no agent is left that could end them. */
export class PodGcReconciler implements Reconciler {
  readonly #deps: PodGcDeps;
  /** Nodes that pods name and that are not there, with the time since when we know. */
  readonly #missingSince = new Map<string, number>();

  constructor(deps: PodGcDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, nodes, pods, clock, quarantineMs } = this.#deps;
    const pod = pods.get(key);
    const name = pod?.spec.nodeName;
    if (pod === undefined || !name) return {};
    if (nodes.get(name) !== undefined) {
      this.#missingSince.delete(name);
      return {};
    }
    const now = clock.now();
    const since = this.#missingSince.get(name) ?? now;
    this.#missingSince.set(name, since);
    if (now < since + quarantineMs) return { requeueAfterMs: since + quarantineMs - now };
    if (await this.#exists(name)) return {};
    const { uid = "" } = pod.metadata;
    try {
      await client.delete(Pod, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
    }
    return {};
  }

  /** Asked of the server: our cache may not have heard of a new node yet. */
  async #exists(name: string): Promise<boolean> {
    try {
      await this.#deps.client.get(Node, { name });
      return true;
    } catch (error) {
      if (hasCode(error, "API_NOT_FOUND")) return false;
      throw error;
    }
  }
}
