import { type BackoffPolicy, backoffDelay, hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";
import type { EtcdClient } from "../etcd-client.ts";
import { keysWithPrefix } from "../key-range.ts";
import type { Verbs } from "../reads.ts";
import type { StoreBatch } from "../store.ts";
import { HistoryProof, historyGone } from "./history-proof.ts";
import { RevisionAssembler } from "./revision-assembler.ts";
import type { WatchResponse } from "./watch-messages.ts";
import { openWatchStream, StreamBroken } from "./watch-stream.ts";

const RETRY: BackoffPolicy = { initialMs: 20, maxMs: 1_000, jitter: 0.5 };
/** The limit on connecting grows with each failure: a machine under load must get there in the end. */
const CONNECT_WITHIN: BackoffPolicy = { initialMs: 1_000, maxMs: 15_000 };

export interface WatchParts {
  client: EtcdClient;
  verbs: Verbs;
  logger: Logger;
  /** Counts the reopened streams. */
  state: { reconnects: number };
}

/**
 * Watches a prefix for as long as the signal lets it, over as many streams as it takes, one after another. Each stream
 * starts behind the last revision that was given out, so a break loses nothing and repeats nothing.
 *
 * Ends when the signal aborts. Throws STORE_COMPACTED when etcd cannot, or may not, give all that follows.
 */
export async function* watchPrefix(
  parts: WatchParts,
  prefix: string,
  afterRevision: number,
  signal: AbortSignal,
): AsyncGenerator<StoreBatch, void, undefined> {
  const { client, logger, state } = parts;
  const assembler = new RevisionAssembler(afterRevision);
  const proof = new HistoryProof(parts.verbs, prefix);
  const services = client.watchServices;
  let endpoint = Math.floor(Math.random() * services.length);
  let failures = 0;

  while (!signal.aborted) {
    const opened = await client.openings.take(signal).catch(ignoreAbort);
    if (!opened) return;
    const service = services[endpoint % services.length] as (typeof services)[number];
    const stream = openWatchStream(service, {
      range: keysWithPrefix(prefix),
      startRevision: assembler.last + 1,
      connectWithinMs: backoffDelay(CONNECT_WITHIN, failures + 1),
    });
    const close = (): void => stream.close();
    signal.addEventListener("abort", close, { once: true });
    proof.streamOpened();
    try {
      for await (const response of stream) {
        // Not about our watch: see RevisionAssembler.
        if (response.watchId < 0 && !response.canceled) continue;
        if (response.canceled) throw cancelled(response, prefix, assembler.last);
        await proof.before(response, assembler.last);
        opened();
        failures = 0;
        const batch = assembler.push(response);
        if (batch) yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      const broken = error instanceof StreamBroken || hasCode(error, "STORE_UNAVAILABLE");
      if (!broken) throw error;
      opened();
      assembler.reset();
      failures++;
      endpoint++;
      state.reconnects++;
      const delayMs = backoffDelay(RETRY, failures);
      const fields = { prefix, endpoint: service.endpoint, resumeAfter: assembler.last, failures, delayMs };
      logger.warn({ ...fields, reason: messageOf(error) }, "watch stream broke, opening another");
      await systemClock.sleep(delayMs, signal).catch(ignoreAbort);
    } finally {
      opened();
      signal.removeEventListener("abort", close);
      stream.close();
    }
  }
}

/** The loop's condition sees the abort. */
function ignoreAbort(): void {}

/**
 * What a cancellation means. A compaction that etcd gives as the reason matters only if it has passed us: a member that
 * has loaded a snapshot starts its watchers again where they once began (v3.4.23 does not note how far they have come),
 * and cancels those for history that we have long had. Opening a stream behind `last` goes on from there.
 */
function cancelled(response: WatchResponse, prefix: string, last: number): Error {
  const { compactRevision, cancelReason } = response;
  if (compactRevision > last) return historyGone(prefix, last, { compactRevision });
  return new StreamBroken(`etcd cancelled the watch: ${cancelReason || `compacted to ${compactRevision}`}`);
}
