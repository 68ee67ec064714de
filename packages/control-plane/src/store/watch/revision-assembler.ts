import type { StoreBatch, StoreEvent } from "../store.ts";
import type { WatchedEvent, WatchResponse } from "./watch-messages.ts";
import { StreamBroken } from "./watch-stream.ts";

/**
 * Turns the responses of a watch into whole revisions: pure, no I/O.
 *
 * What etcd promises (mvcc/watcher_group.go, watchable_store.go, v3rpc/watch.go of 3.4; the same in 3.5 and 3.6):
 * - Events come in order of their revision. A response to a watcher that catches up holds at most 1000 revisions and is
 *   cut between two of them; a live response holds exactly one. So a response never ends inside a revision…
 * - …except where sendFragments cuts a large response by size, in the middle of a revision if need be. All parts but the
 *   last have `fragment`. So the last revision of such a part is held back until a later part has ended it.
 * - The revision in the header of a response with events is the store's at the time of sending. A watcher that catches
 *   up is sent 1000 revisions under a header that is far ahead of them: only the events' own revisions tell how far we are.
 * - A response without events that is neither an announcement nor an end is progress: it takes the same way as events,
 *   and is sent only to a watcher that has been sent all of them, so its header's revision is complete. That is true of
 *   the periodic one. One that was asked for overtakes events in 3.4.23
 *   (https://github.com/etcd-io/etcd/pull/15697): it bears the watch id -1, we never ask, and -1 is ignored by the caller.
 *
 * What etcd does not keep, and is put right here: after a break, and after a member has loaded a snapshot from its leader
 * (https://github.com/etcd-io/etcd/pull/15520, /15275), revisions are sent again: everything up to `last` is dropped.
 */
export class RevisionAssembler {
  /** The last revision that is complete and has been given out. */
  #last: number;
  /** Events of the one revision that may not be complete yet. */
  #partial: StoreEvent[] = [];

  constructor(afterRevision: number) {
    this.#last = afterRevision;
  }

  get last(): number {
    return this.#last;
  }

  /** Forgets a revision that was cut off by a break: it will be sent again as a whole. */
  reset(): void {
    this.#partial = [];
  }

  /** What a response completes, if anything. Throws StreamBroken when events are out of order. */
  push(response: WatchResponse): StoreBatch | undefined {
    const complete: StoreEvent[] = [];
    for (const watched of response.events) {
      const event = storeEvent(watched);
      if (event.revision <= this.#last) continue;
      const open = this.#partial[0]?.revision ?? event.revision;
      if (event.revision < open) {
        throw new StreamBroken(`an event of revision ${event.revision} came after one of revision ${open}`);
      }
      if (event.revision > open) {
        complete.push(...this.#partial);
        this.#partial = [];
      }
      this.#partial.push(event);
    }
    if (!response.fragment) {
      complete.push(...this.#partial);
      this.#partial = [];
    }
    const revision = complete.at(-1)?.revision ?? this.#progress(response);
    if (revision === undefined || revision <= this.#last) return undefined;
    this.#last = revision;
    return { revision, events: complete };
  }

  #progress(response: WatchResponse): number | undefined {
    const isProgress =
      response.events.length === 0 && !response.created && !response.canceled && !response.fragment && response.header;
    return isProgress ? isProgress.revision : undefined;
  }
}

function storeEvent({ type, kv, prevKv }: WatchedEvent): StoreEvent {
  const common = {
    key: kv.key.toString(),
    revision: kv.modRevision,
    previous: prevKv?.value,
    previousRevision: prevKv?.modRevision,
  };
  if (type === "DELETE") return { type: "delete", ...common };
  return { type: "put", ...common, value: kv.value, createRevision: kv.createRevision };
}
