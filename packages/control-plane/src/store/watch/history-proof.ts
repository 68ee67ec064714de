import { hasCode } from "@drydock/kit";
import { failure } from "../../errors.ts";
import { range, type Verbs } from "../reads.ts";
import type { WatchResponse } from "./watch-messages.ts";

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
export class HistoryProof {
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

/** The error that ends a watch: what follows `last` cannot be had any more. */
export function historyGone(prefix: string, last: number, details: Record<string, unknown>, cause?: unknown): Error {
  return failure("STORE_COMPACTED", `the events below ${prefix} after revision ${last} are gone`, {
    details: { afterRevision: last, ...details },
    hint: "list again and watch from the revision of the list",
    cause,
  });
}
