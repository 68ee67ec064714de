import { hasCode, type Logger } from "@drydock/kit";
import {
  type Client,
  type EventRecorder,
  type Informer,
  Node,
  type ObjectKey,
  type Reconciler,
} from "@drydock/machinery";
import { freeRange } from "./allocate.ts";

export interface NodeIpamDeps {
  client: Client;
  nodes: Informer<Node>;
  recorder: EventRecorder;
  logger: Logger;
  /** Where the ranges of the nodes come from: 10.88.0.0/16. */
  clusterCidr: string;
}

/**
 * Gives each node that has none a range for its pods (spec.podCIDR). Runs with one worker: what it gave a moment ago and
 * the cache does not show yet, it remembers.
 */
export class NodeIpamReconciler implements Reconciler {
  readonly #deps: NodeIpamDeps;
  /** Node name to range. */
  readonly #given = new Map<string, string>();

  constructor(deps: NodeIpamDeps) {
    this.#deps = deps;
  }

  async reconcile(name: ObjectKey, signal: AbortSignal): Promise<void> {
    const { client, nodes, recorder, logger, clusterCidr } = this.#deps;
    const node = nodes.get(name);
    if (!node || node.spec?.podCIDR) {
      this.#given.delete(name);
      return;
    }
    const used = nodes.list().flatMap(({ spec }) => (spec?.podCIDR ? [spec.podCIDR] : []));
    const others = [...this.#given].filter(([other]) => other !== name).map(([, range]) => range);
    const podCIDR = this.#given.get(name) ?? freeRange(clusterCidr, [...used, ...others]);
    if (podCIDR === undefined) {
      recorder.recordEvent(node, "Warning", "CIDRNotAvailable", `no range for pods is left in ${clusterCidr}`);
      // Woken when a node goes.
      return;
    }
    this.#given.set(name, podCIDR);
    const { resourceVersion, uid } = node.metadata;
    try {
      // With the revision: a range that the agent states itself at the same time wins.
      const patch = { metadata: { resourceVersion, uid }, spec: { podCIDR, podCIDRs: [podCIDR] } };
      await client.patch(Node, { name }, "merge", patch, { signal });
    } catch (error) {
      this.#given.delete(name);
      if (!hasCode(error, "API_NOT_FOUND")) throw error;
      return;
    }
    logger.info({ node: name, podCIDR }, "node has a range for its pods");
  }
}
