import { backoffDelay, type Clock, hasCode, type Logger, messageOf } from "@drydock/kit";
import { type Client, type Informer, Node } from "@drydock/machinery";

export interface AssignedRangeOptions {
  client: Client;
  nodes: Informer<Node>;
  nodeName: string;
  labels: Record<string, string>;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}

const retryPolicy = { initialMs: 100, maxMs: 5_000, jitter: 0.3 };

/**
 * The range for pods that the cluster gives this node (Node.spec.podCIDR). Makes the Node object when it is missing, as
 * often as it is: a controller gives ranges to nodes that it sees. Rejects only when the signal aborts.
 */
export async function assignedPodCidr(options: AssignedRangeOptions): Promise<string> {
  const { client, nodes, nodeName, labels, clock, logger, signal } = options;
  const given = Promise.withResolvers<string>();
  let gone = Promise.withResolvers<void>();
  const look = ({ metadata, spec }: Node): void => {
    if (metadata.name === nodeName && spec?.podCIDR) given.resolve(spec.podCIDR);
  };
  const removeHandler = nodes.addHandler({
    added: look,
    updated: look,
    deleted: ({ metadata }) => {
      if (metadata.name === nodeName) gone.resolve();
    },
  });
  const aborted = Promise.withResolvers<never>();
  // Whoever does not look at it must not be killed by it.
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    for (let failures = 0; ; ) {
      try {
        await client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, labels } }, { signal });
        logger.info({}, "node is registered and waits for a range for its pods");
      } catch (error) {
        signal.throwIfAborted();
        if (!hasCode(error, "API_ALREADY_EXISTS")) {
          failures += 1;
          logger.warn({ failures, error: messageOf(error) }, "node could not be registered, will be tried again");
          await clock.sleep(backoffDelay(retryPolicy, failures), signal);
          continue;
        }
      }
      failures = 0;
      const range = await Promise.race([given.promise, gone.promise, aborted.promise]);
      if (range !== undefined) return range;
      gone = Promise.withResolvers<void>();
    }
  } finally {
    signal.removeEventListener("abort", abort);
    removeHandler();
  }
}
