import { isDeepStrictEqual } from "node:util";
import { backoffDelay, type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { type Client, type Informer, Node, type NodeStatus } from "@drydock/machinery";
import type { NodeImage } from "../port/pod-runtime.ts";
import { type NodeDescription, nodeLabels, nodeObject, nodeStatus } from "./node-object.ts";

export interface NodeRegistrationOptions {
  client: Client;
  node: NodeDescription;
  nodes: Informer<Node>;
  images(): Promise<NodeImage[]>;
  clock: Clock;
  logger: Logger;
  /** How often the status is compared with what the API has, ms: for images and the like. */
  refreshMs: number;
}

const retryPolicy = { initialMs: 50, maxMs: 5_000, jitter: 0.3 };

/**
 * Keeps this node's Node object as it should be: made when it is missing (also after somebody deleted it), with our labels, range and status.
 * When others call the node unready (its heartbeat came late) the status is written again at once.
 */
export class NodeRegistration {
  readonly #options: NodeRegistrationOptions;
  readonly #stopped = new AbortController();
  readonly #removeHandler: () => void;
  readonly #first = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #problem: string | undefined;
  #again = true;
  #wake: () => void = () => {};
  #node: Node | undefined;

  constructor(options: NodeRegistrationOptions) {
    this.#options = options;
    const mine = ({ metadata }: Node): boolean => metadata.name === options.node.name;
    this.#removeHandler = options.nodes.addHandler({
      updated: (node) => {
        if (!mine(node)) return;
        this.#node = node;
        if (readyOf(node) !== this.#wantedReady()) this.#poke();
      },
      deleted: (node) => {
        if (!mine(node)) return;
        this.#node = undefined;
        this.#poke();
      },
    });
    this.#running = this.#run();
  }

  /** Resolves when the Node object has been written for the first time. */
  registered(): Promise<void> {
    return this.#first.promise;
  }

  get uid(): string | undefined {
    return this.#node?.metadata.uid;
  }

  /** Why the node cannot run pods, in words; undefined when it can. */
  setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#poke();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#removeHandler();
    this.#wake();
    await this.#running;
  }

  #wantedReady(): string {
    return this.#problem === undefined ? "True" : "False";
  }

  #poke(): void {
    this.#again = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { clock, logger, refreshMs } = this.#options;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      this.#again = false;
      try {
        await this.#sync();
        failures = 0;
        this.#first.resolve();
      } catch (error) {
        failures++;
        logger.warn({ failures, error: messageOf(error) }, "node could not be registered, will be tried again");
      }
      const wait = failures === 0 ? refreshMs : backoffDelay(retryPolicy, failures);
      if (!this.#again) await this.#rest(wait, clock);
    }
  }

  async #rest(ms: number, clock: Clock): Promise<void> {
    const over = new AbortController();
    const poked = new Promise<void>((resolve) => (this.#wake = resolve));
    // Rejects when something else ends the rest first.
    const slept = clock.sleep(ms, AbortSignal.any([over.signal, this.#stopped.signal])).catch(() => {});
    await Promise.race([slept, poked]);
    over.abort();
  }

  async #sync(): Promise<void> {
    const { client, node, clock } = this.#options;
    let current = this.#node ?? (await this.#createOrGet());
    const labels = nodeLabels(node);
    const hasLabels = Object.entries(labels).every(([key, value]) => current.metadata.labels?.[key] === value);
    const key = { name: node.name };
    if (!hasLabels || current.spec?.podCIDR !== node.podCidr) {
      const { spec } = nodeObject(node);
      current = await client.patch(Node, key, "merge", { metadata: { labels }, spec });
    }
    const wanted = nodeStatus(node, await this.#options.images(), this.#problem, current.status, clock.now());
    if (differs(current.status, wanted)) {
      current = await client.patch(Node, key, "merge", { status: wanted }, { subresource: "status" });
    }
    this.#node = current;
  }

  async #createOrGet(): Promise<Node> {
    const { client, node } = this.#options;
    try {
      return await client.create(Node, nodeObject(node));
    } catch (error) {
      if (!hasCode(error, "API_ALREADY_EXISTS")) throw error;
      return client.get(Node, { name: node.name });
    }
  }
}

function readyOf(node: Node): string | undefined {
  return node.status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

/** Heartbeat times alone are no difference: the Lease is the heartbeat. */
function differs(before: NodeStatus | undefined, after: NodeStatus): boolean {
  const plain = (status: NodeStatus | undefined): object => ({
    ...status,
    conditions: (status?.conditions ?? [])
      .map(({ lastHeartbeatTime: _, ...condition }) => condition)
      .sort((a, b) => a.type.localeCompare(b.type)),
  });
  return !isDeepStrictEqual(plain(before), plain({ ...before, ...after }));
}
