import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * A signal that aborts when the client goes away or the server closes. Made only for requests that wait: an ordinary
 * one is over before anybody could make use of it.
 */
export function requestSignal(request: IncomingMessage, response: ServerResponse, closing: AbortSignal): AbortSignal {
  const ending = new AbortController();
  const { socket } = request;
  const end = (): void => {
    // A connection serves many requests: nothing of this one may stay with it.
    response.off("close", end);
    socket.off("close", end);
    closing.removeEventListener("abort", end);
    ending.abort();
  };
  response.once("close", end);
  socket.once("close", end);
  closing.addEventListener("abort", end, { once: true });
  if (closing.aborted || socket.destroyed) end();
  return ending.signal;
}

/** A signal that aborts with `parent`, or after `ms`. `release` must be called when it is no longer needed. */
export function withDeadline(parent: AbortSignal, ms: number): { signal: AbortSignal; release(): void } {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  // setTimeout takes 31 bits; a longer wait would end at once.
  const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
  parent.addEventListener("abort", end, { once: true });
  if (parent.aborted) end();
  return {
    signal: ending.signal,
    release() {
      clearTimeout(timer);
      parent.removeEventListener("abort", end);
    },
  };
}
