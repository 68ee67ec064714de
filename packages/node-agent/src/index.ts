/**
 * The agent of a node: runs the pods that the API server binds to it. A tour, in the order of one pod's life:
 *
 * - start-agent.ts, agent.ts        what an agent consists of, and in which order that starts and stops
 * - node/                           the Node object, its heartbeat, routes to the pods of other nodes
 * - pods/pod-manager.ts             one worker for each pod, from a watch on the API
 * - pods/pod-worker.ts              look, decide, do, until there is nothing to do
 * - pods/decide.ts, pods/status.ts  the decisions themselves: pure functions of what is asked for and what is seen
 * - port/pod-runtime.ts             what the agent needs of a runtime; native/ is that on our own
 * - probes/, images/, volumes/, logs/
 * - server/                         logs, exec and attach for the API server, over mutual TLS
 */
import { backoffDelay, type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { type Client, Pod, type PodStatus } from "@drydock/machinery";
import { statusPatch } from "./status.ts";

/** An answer that takes longer will not come: the connection went dead. */
const requestTimeoutMs = 5_000;
const retryPolicy = { initialMs: 100, maxMs: 5_000, jitter: 0.3 };

export interface StatusWriterOptions {
  client: Client;
  clock: Clock;
  logger: Logger;
  /** The pod as the server answered. */
  onWritten: (pod: Pod) => void;
}

/**
 * Brings one pod's status to the API: one request at a time, always the newest status, only when something differs, and
 * again until the server has it. The sync loop never waits for it, but for the last status of a pod.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #stopped = new AbortController();
  #pod: Pod;
  #wanted: PodStatus | undefined;
  #writing: Promise<void> | undefined;

  constructor(pod: Pod, options: StatusWriterOptions) {
    this.#pod = pod;
    this.#options = options;
  }

  /** The status that the server has or is about to get: what the next one is compared with. */
  get latest(): PodStatus | undefined {
    return this.#wanted ?? this.#pod.status;
  }

  /** The pod as it was last seen in the API. */
  observe(pod: Pod): void {
    this.#pod = pod;
  }

  write(status: PodStatus): void {
    if (statusPatch(this.latest, status) === undefined) return;
    this.#wanted = status;
    this.#writing ??= this.#work().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when nothing is waiting to be written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #work(): Promise<void> {
    const { client, logger } = this.#options;
    let failures = 0;
    while (this.#wanted && !this.#stopped.signal.aborted) {
      const wanted = this.#wanted;
      const patch = statusPatch(this.#pod.status, wanted);
      const { namespace, name, uid } = this.#pod.metadata;
      try {
        if (patch) {
          // The uid makes the server refuse it when another pod has taken the name.
          const body = { metadata: { uid }, status: patch };
          const options = { subresource: "status", signal: AbortSignal.timeout(requestTimeoutMs) };
          const written = await client.patch(Pod, { namespace, name }, "merge", body, options);
          this.#pod = written;
          this.#options.onWritten(written);
        }
        failures = 0;
        if (this.#wanted === wanted) this.#wanted = undefined;
      } catch (error) {
        if (hasCode(error, "API_NOT_FOUND", "API_CONFLICT") && !(await this.#stillThere())) {
          this.#wanted = undefined;
          return;
        }
        failures++;
        logger.warn(
          { pod: `${namespace}/${name}`, failures, error: messageOf(error) },
          "status was not written, will be tried again",
        );
        await this.#pause(backoffDelay(retryPolicy, failures));
      }
    }
  }

  /** Reads the pod anew; false when it is gone or another one has its name. */
  async #stillThere(): Promise<boolean> {
    const { namespace, name, uid } = this.#pod.metadata;
    try {
      const pod = await this.#options.client.get(Pod, { namespace, name });
      if (pod.metadata.uid !== uid) return false;
      this.#pod = pod;
      return true;
    } catch (error) {
      return !hasCode(error, "API_NOT_FOUND");
    }
  }

  async #pause(ms: number): Promise<void> {
    // Rejects only when the writer is stopped; the loop then ends by itself.
    await this.#options.clock.sleep(ms, this.#stopped.signal).catch(() => {});
  }
}
