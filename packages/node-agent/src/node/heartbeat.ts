import { type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { type Client, Lease } from "@drydock/machinery";

export interface HeartbeatOptions {
  client: Client;
  nodeName: string;
  /** Of the Node object, so that the Lease is deleted with it. */
  nodeUid(): string | undefined;
  intervalMs: number;
  /** After this without a renewal others may call the node dead. */
  leaseSeconds: number;
  clock: Clock;
  logger: Logger;
}

const namespace = "kube-node-lease";
const minTimeoutMs = 1_000;

/** Renews the node's Lease until it is stopped. A renewal that fails is tried again soon: a heartbeat that comes late moves every pod of the node. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  /** Moment of the last renewal that worked, ms since the epoch. */
  lastRenewal: number | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, intervalMs, logger } = this.#options;
    let exists = true;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      try {
        exists = await this.#renew(exists);
        this.lastRenewal = clock.now();
        failures = 0;
      } catch (error) {
        failures++;
        logger.warn({ failures, error: messageOf(error) }, "heartbeat failed, will be tried again");
      }
      const wait = failures === 0 ? intervalMs : Math.min(intervalMs, 100 * 2 ** failures);
      // Rejects only when stopped; the loop then ends.
      await clock.sleep(wait, this.#stopped.signal).catch(() => {});
    }
  }

  /** Whether the Lease is known to exist afterwards. */
  async #renew(exists: boolean): Promise<boolean> {
    const { client, nodeName, intervalMs } = this.#options;
    // A connection that went dead in a partition must not hold up the first heartbeat after it.
    const signal = AbortSignal.timeout(Math.max(minTimeoutMs, intervalMs));
    try {
      if (exists) await client.patch(Lease, { namespace, name: nodeName }, "merge", { spec: this.#spec() }, { signal });
      else await client.create(Lease, this.#lease(), { signal });
      return true;
    } catch (error) {
      if (exists && hasCode(error, "API_NOT_FOUND")) return this.#renew(false);
      if (!exists && hasCode(error, "API_ALREADY_EXISTS")) return this.#renew(true);
      throw error;
    }
  }

  #spec() {
    const { nodeName, leaseSeconds, clock } = this.#options;
    // RFC 3339 with microseconds, as Lease wants it.
    const renewTime = new Date(clock.now()).toISOString().replace("Z", "000Z");
    return { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime };
  }

  #lease(): Lease {
    const { nodeName } = this.#options;
    const uid = this.#options.nodeUid();
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: nodeName,
        namespace,
        ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }] }),
      },
      spec: this.#spec(),
    };
  }
}
