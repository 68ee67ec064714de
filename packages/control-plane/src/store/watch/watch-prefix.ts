import { type BackoffPolicy, backoffDelay, hasCode, type Logger, messageOf, systemClock } from "@drydock/kit";
import { failure } from "../../errors.ts";
import type { EtcdClient } from "../etcd-client.ts";
import { keysWithPrefix } from "../key-range.ts";
import { range, type Verbs } from "../reads.ts";
import type { StoreBatch } from "../store.ts";
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
  const proof = new Proof(parts.verbs, prefix);
  const services = client.watchServices;
  let endpoint = Math.floor(Math.random() * services.length);
  let failures = 0;

  while (!signal.aborted) {
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
        failures = 0;
        const batch = assembler.push(response);
        if (batch) yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      const broken = error instanceof StreamBroken || hasCode(error, "STORE_UNAVAILABLE");
      if (!broken) throw error;
      assembler.reset();
      failures++;
      endpoint++;
      state.reconnects++;
      const delayMs = backoffDelay(RETRY, failures);
      const fields = { prefix, endpoint: service.endpoint, resumeAfter: assembler.last, failures, delayMs };
      logger.warn({ ...fields, reason: messageOf(error) }, "watch stream broke, opening another");
      await systemClock.sleep(delayMs, signal).catch(ignoreAbort);
    } finally {
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

function historyGone(prefix: string, last: number, details: Record<string, unknown>, cause?: unknown): Error {
  return failure("STORE_COMPACTED", `the events below ${prefix} after revision ${last} are gone`, {
    details: { afterRevision: last, ...details },
    hint: "list again and watch from the revision of the list",
    cause,
  });
}

/**
 * Proves that a watcher that catches up was given everything. Debian's etcd 3.4.23 does not always refuse a watch whose
 * history is gone:
 * - a watch that starts at exactly the compacted revision loses deletions of that revision, whose tombstones the
 *   compaction has removed (https://github.com/etcd-io/etcd/pull/19251);
 * - a watcher that was blocked while a compaction passed it goes on behind it (https://github.com/etcd-io/etcd/pull/17610);
 * - an etcd whose data was replaced by older data takes the watch for one of the future, and keeps silent.
 * What can be relied on is that etcd refuses to *read* at a compacted revision, and at one of the future. So while a
 * watcher may be catching up, each response is taken only after a read at `last` has succeeded: the history behind
 * `last` was whole then, so it was whole when the response was made. A compaction applied by the member that we watch is
 * known to every member that answers a linearizable read after it.
 *
 * A watcher catches up from its opening until a response whose header is at its last event, or progress. A live watcher
 * costs nothing: no read, no latency.
 */
class Proof {
  readonly #verbs: Verbs;
  readonly #prefix: string;
  #catchingUp = true;
  #clusterId: number | undefined;

  constructor(verbs: Verbs, prefix: string) {
    this.#verbs = verbs;
    this.#prefix = prefix;
  }

  streamOpened(): void {
    this.#catchingUp = true;
  }

  /** Resolves when the response may be believed. */
  async before(response: WatchResponse, last: number): Promise<void> {
    this.#compareCluster(response, last);
    const lastEvent = response.events.at(-1)?.kv.modRevision;
    const behind = lastEvent !== undefined && (response.header?.revision ?? 0) > lastEvent;
    if (this.#catchingUp || behind || lacksPrevious(response)) await this.#historyIsWhole(last);
    this.#catchingUp = response.created || response.fragment || behind;
  }

  /** Revisions of another cluster mean nothing here. */
  #compareCluster(response: WatchResponse, last: number): void {
    const clusterId = response.header?.clusterId;
    if (clusterId === undefined) return;
    this.#clusterId ??= clusterId;
    if (clusterId !== this.#clusterId) throw historyGone(this.#prefix, last, { otherCluster: true });
  }

  async #historyIsWhole(last: number): Promise<void> {
    try {
      // One key is enough, and it need not exist. Revision 0 would mean "now"; nothing was ever written at 1.
      await range(this.#verbs, `check that revision ${last} is still there`, {
        key: Buffer.from(this.#prefix || "\0"),
        revision: Math.max(last, 1),
        keys_only: true,
      });
    } catch (error) {
      if (hasCode(error, "STORE_COMPACTED", "STORE_FUTURE_REVISION")) {
        throw historyGone(this.#prefix, last, { found: error.code }, error);
      }
      throw error;
    }
  }
}

/** An event other than a creation comes with the value before it, unless a compaction has just removed that. */
function lacksPrevious(response: WatchResponse): boolean {
  return response.events.some(
    ({ type, kv, prevKv }) => prevKv === null && (type === "DELETE" || kv.createRevision !== kv.modRevision),
  );
}
