import { type Clock, hasCode } from "@drydock/kit";
import {
  type Client,
  type EventRecorder,
  type Informer,
  type Node,
  type ObjectKey,
  Pod,
  type ReconcileResult,
  type Reconciler,
  rfc3339,
} from "@drydock/machinery";
import { isTerminating } from "../workload/pod-state.ts";
import { evictionTime } from "./eviction.ts";
import { findCondition } from "./health.ts";

/** While no node is ready, it is looked again after this long (ms). */
const recheckMs = 1000;

export interface EvictionDeps {
  client: Client;
  recorder: EventRecorder;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  clock: Clock;
  /** How long pods that say nothing stay on a node that is not ready or not reachable (s). */
  defaultTolerationSeconds: number;
}

/**
 * Deletes a pod when its time on a node with NoExecute taints is over. While no node at all is ready nothing is deleted: then it is more
 * likely that we are cut off than that all have failed, and there is no place to go to.
 */
export class EvictionReconciler implements Reconciler {
  readonly #deps: EvictionDeps;

  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { nodes, pods, clock, defaultTolerationSeconds } = this.#deps;
    const pod = pods.get(key);
    if (pod === undefined || isTerminating(pod) || !pod.spec.nodeName) return {};
    const taints = nodes.get(pod.spec.nodeName)?.spec?.taints ?? [];
    const now = clock.now();
    const at = evictionTime(pod, taints, defaultTolerationSeconds, now);
    if (at === undefined) return {};
    if (!this.#someNodeIsReady()) return { requeueAfterMs: recheckMs };
    if (at > now) return { requeueAfterMs: at - now };
    await this.#evict(pod, now);
    return {};
  }

  #someNodeIsReady(): boolean {
    return this.#deps.nodes.list().some((node) => findCondition(node, "Ready")?.status === "True");
  }

  async #evict(pod: Pod, now: number): Promise<void> {
    const { client, recorder } = this.#deps;
    const { uid = "" } = pod.metadata;
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
      lastTransitionTime: rfc3339(now),
    };
    try {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await client.patch(Pod, pod.metadata, "strategic", patch, { subresource: "status" });
      await client.delete(Pod, pod.metadata, { preconditions: { uid } });
    } catch (error) {
      // Gone already, or another pod has its name.
      if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
      return;
    }
    const message = `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`;
    recorder.recordEvent(pod, "Normal", "TaintManagerEviction", message);
  }
}
