import type { ServerResponse } from "node:http";

/** More than this is written without waiting for the end of the turn. */
const flushBytes = 64 * 1024;

/**
 * Writes frames to a client. Those of one turn of the event loop go out as one piece: with many watchers, encrypting
 * and sending each by itself costs more than all the rest.
 */
export class FrameSink {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #pending: Buffer[] = [];
  #bytes = 0;

  /** `signal`: nobody waits for the client any more. */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  /**
   * Waits while the client's socket is full, so that a slow client holds no more than its place in the cache's history.
   */
  write(frame: Buffer): Promise<void> | undefined {
    if (this.#pending.length === 0) setImmediate(() => this.#flush());
    this.#pending.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes >= flushBytes) this.#flush();
    return this.#response.writableNeedDrain ? this.#drained() : undefined;
  }

  end(): void {
    this.#flush();
    this.#response.end();
  }

  #flush(): void {
    if (this.#pending.length === 0 || this.#response.writableEnded) return;
    const frames = this.#pending;
    this.#response.write(frames.length === 1 ? frames[0] : Buffer.concat(frames, this.#bytes));
    this.#pending = [];
    this.#bytes = 0;
  }

  #drained(): Promise<void> | undefined {
    if (this.#signal.aborted || this.#response.destroyed) return;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#response.off("drain", done);
        this.#response.off("close", done);
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      this.#response.on("drain", done);
      this.#response.on("close", done);
      this.#signal.addEventListener("abort", done);
    });
  }
}
