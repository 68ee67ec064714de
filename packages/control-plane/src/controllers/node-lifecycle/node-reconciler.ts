import { type Clock, hasCode } from "@drydock/kit";
import {
  type Client,
  type EventRecorder,
  type Informer,
  type Lease,
  Node,
  type ObjectKey,
  Pod,
  type ReconcileResult,
  type Reconciler,
  rfc3339,
} from "@drydock/machinery";
import { podsByNode } from "../indexes.ts";
import { isReady, isTerminating } from "../workload/pod-state.ts";
import { findCondition, type Heartbeat, heartbeatMark, judgeHealth, observeHeartbeat } from "./health.ts";
import { desiredTaints } from "./taint-rules.ts";

/** Where agents keep the Lease that is their heartbeat. */
export const leaseNamespace = "kube-node-lease";

/** While we hear nothing ourselves, it is tried again after this long (ms). */
const relistenMs = 1000;

export interface NodeDeps {
  client: Client;
  recorder: EventRecorder;
  nodes: Informer<Node>;
  leases: Informer<Lease>;
  /** With the index podsByNode. */
  pods: Informer<Pod>;
  clock: Clock;
  /** A node that is silent for longer counts as lost (ms). */
  graceMs: number;
}

/**
 * Watches over one node: no heartbeat for too long makes its conditions Unknown; its taints follow its conditions; the pods of a node that is not
 * heard of are no longer Ready. When a heartbeat was last seen is remembered here and nowhere else, by our own clock: a controller
 * that starts, or takes over, gives every node the whole grace period.
 */
export class NodeReconciler implements Reconciler {
  readonly #deps: NodeDeps;
  readonly #heartbeats = new Map<string, Heartbeat>();
  #reconnects = 0;

  constructor(deps: NodeDeps) {
    this.#deps = deps;
  }

  async reconcile(name: ObjectKey): Promise<ReconcileResult> {
    const { nodes, leases, clock, graceMs } = this.#deps;
    const node = nodes.get(name);
    if (node === undefined) {
      this.#heartbeats.delete(name);
      return {};
    }
    if (!this.#isListening()) return { requeueAfterMs: relistenMs };
    const now = clock.now();
    const mark = heartbeatMark(node, leases.get(`${leaseNamespace}/${name}`));
    const heartbeat = observeHeartbeat(this.#heartbeats.get(name), mark, now);
    this.#heartbeats.set(name, heartbeat);
    const { conditions, recheckAfterMs } = judgeHealth(node, heartbeat, graceMs, now);
    try {
      const judged = conditions === undefined ? node : await this.#writeConditions(node, conditions);
      await this.#writeTaints(judged, now);
      if (findCondition(judged, "Ready")?.status === "Unknown") await this.#markPodsNotReady(name, now);
    } catch (error) {
      // The node has changed: its agent is back, or another of us was quicker. The event brings us here again.
      if (!hasCode(error, "API_CONFLICT", "API_NOT_FOUND")) throw error;
    }
    return recheckAfterMs === undefined ? {} : { requeueAfterMs: recheckAfterMs };
  }

  /** While our own watch is cut we hear from nobody, and that is no node's fault: afterwards all have the whole grace period again. */
  #isListening(): boolean {
    const { watching, reconnects } = this.#deps.leases.health();
    if (!watching || reconnects !== this.#reconnects) this.#heartbeats.clear();
    this.#reconnects = reconnects;
    return watching;
  }

  async #writeConditions(
    node: Node,
    conditions: NonNullable<NonNullable<Node["status"]>["conditions"]>,
  ): Promise<Node> {
    const written = await this.#deps.client.updateStatus(Node, { ...node, status: { ...node.status, conditions } });
    this.#deps.recorder.recordEvent(
      node,
      "Normal",
      "NodeNotReady",
      `Node ${node.metadata.name} status is now: NodeNotReady`,
    );
    return written;
  }

  async #writeTaints(node: Node, now: number): Promise<void> {
    const taints = desiredTaints(node, now);
    if (taints === undefined) return;
    await this.#deps.client.update(Node, { ...node, spec: { ...node.spec, taints } });
  }

  async #markPodsNotReady(name: string, now: number): Promise<void> {
    const ready = this.#deps.pods.byIndex(podsByNode, name).filter((pod) => isReady(pod) && !isTerminating(pod));
    await Promise.all(
      ready.map(async (pod) => {
        const condition = { type: "Ready", status: "False", reason: "NodeNotReady", lastTransitionTime: rfc3339(now) };
        const patch = { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } };
        try {
          await this.#deps.client.patch(Pod, pod.metadata, "strategic", patch, { subresource: "status" });
        } catch (error) {
          if (!hasCode(error, "API_NOT_FOUND", "API_CONFLICT")) throw error;
        }
      }),
    );
  }
}
