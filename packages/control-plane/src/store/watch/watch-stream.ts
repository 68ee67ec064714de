import { AsyncQueue } from "@drydock/kit";
import type { KeyRange } from "../key-range.ts";
import type { WatchResponse } from "./watch-messages.ts";
import type { WatchService } from "./watch-service.ts";

export interface WatchStream extends AsyncIterable<WatchResponse> {
  close(): void;
}

export interface WatchStreamOptions {
  range: KeyRange;
  /** The first revision to send. */
  startRevision: number;
  /** A handshake that got lost is never reported by grpc-js (see watch-service.ts): the stream breaks after this time. */
  connectWithinMs: number;
}

/** Why a stream ended; every one of them is answered by opening another. */
export class StreamBroken extends Error {
  override readonly name = "StreamBroken";
}

/** etcd announces a watch within milliseconds of its connection; a peer that says nothing is not etcd. */
const CREATED_WITHIN_MS = 3_000;
/**
 * A consumer may fall this far behind before the stream is given up: it is opened again, from the first revision that is
 * not in the queue, when the queue has been read. Memory stays bounded and nothing is lost.
 */
const MAX_QUEUED_BYTES = 32 << 20;
/** How long this process may stand still (stopped, suspended, swapped out) before its streams are no longer trusted. */
const TICK_MS = 1_000;
const STOOD_STILL_MS = 10_000;

/**
 * One watch on one gRPC stream of its own: the responses as they arrive. Iteration ends after `close`, and otherwise
 * throws StreamBroken after everything that arrived before the break.
 *
 * Responses are taken off the stream at once, never held back: etcd 3.4.23 can lose events of a watcher whose stream is
 * blocked while a compaction passes it (https://github.com/etcd-io/etcd/pull/17610). A process that stood still could
 * not take them: when it finds that out (before it reads what has piled up: timers run first) it gives its streams up.
 */
export function openWatchStream(service: WatchService, options: WatchStreamOptions): WatchStream {
  const { range, startRevision, connectWithinMs } = options;
  const queue = new AsyncQueue<WatchResponse>();
  const call = service.open();
  let created = false;
  let queuedBytes = 0;
  let lastTick = Date.now();

  const end = (why?: string): void => {
    if (queue.closed) return;
    clearInterval(ticker);
    clearTimeout(creation);
    if (why === undefined) queue.close();
    else queue.fail(new StreamBroken(why));
    call.close();
  };

  call.connected(connectWithinMs).catch(() => end(`no connection within ${connectWithinMs} ms`));
  const creation = setTimeout(() => {
    if (!created) end(`no watch was announced within ${CREATED_WITHIN_MS} ms`);
  }, connectWithinMs + CREATED_WITHIN_MS);
  const ticker = setInterval(() => {
    const late = Date.now() - lastTick - TICK_MS;
    if (late > STOOD_STILL_MS) end(`this process stood still for ${late} ms`);
    lastTick = Date.now();
  }, TICK_MS);
  ticker.unref();
  creation.unref();

  call.stream.on("data", (response: WatchResponse) => {
    created ||= response.created;
    queuedBytes += sizeOf(response);
    queue.push(response);
    if (queuedBytes > MAX_QUEUED_BYTES) end(`the consumer is ${queuedBytes} bytes behind`);
  });
  call.stream.on("error", (error) => end(error.message));
  call.stream.on("end", () => end("etcd ended the stream"));

  call.stream.write({
    createRequest: { ...range, startRevision, progressNotify: true, prevKv: true, fragment: true },
  });

  async function* responses(): AsyncGenerator<WatchResponse, void, undefined> {
    for await (const response of queue) {
      queuedBytes -= sizeOf(response);
      yield response;
    }
  }
  return { close: () => end(), [Symbol.asyncIterator]: responses };
}

/** Roughly what a response holds in memory, bytes. */
function sizeOf(response: WatchResponse): number {
  let bytes = 200;
  for (const { kv, prevKv } of response.events) bytes += 300 + kv.value.length + (prevKv?.value.length ?? 0);
  return bytes;
}
