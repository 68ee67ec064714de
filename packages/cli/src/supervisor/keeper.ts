import { setTimeout } from "node:timers/promises";
import type { Logger } from "@drydock/kit";
import { keepRunning, type Part } from "./keep-running.ts";

const inFlightTimeoutMs = 5_000;

/** What a supervisor has started and keeps running, in the order of the starts. */
export class Keeper {
  readonly #signal: AbortSignal;
  readonly #logger: Logger;
  /** By name: the part that runs now. */
  readonly #parts = new Map<string, Part>();
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(signal: AbortSignal, logger: Logger) {
    this.#signal = signal;
    this.#logger = logger;
  }

  /** Work that `stop` waits for: nothing may still be made while it is being taken down. */
  during<T>(work: () => Promise<T>): Promise<T> {
    const promise = work();
    this.#inFlight.add(promise);
    const done = (): void => {
      this.#inFlight.delete(promise);
    };
    promise.then(done, done);
    return promise;
  }

  /** Starts a part and keeps it running from then on. Resolves when it has been started for the first time; rejects when it cannot. */
  async keep(
    name: string,
    start: () => Promise<Part>,
    started: (part: Part, restarts: number) => Promise<void>,
  ): Promise<void> {
    const startTracked = (): Promise<Part> => this.during(() => this.#start(name, start));
    const first = await startTracked();
    await started(first, 0);
    this.#logger.info({ part: name, pid: first.pid }, "part started");
    const options = { name, start: startTracked, started, signal: this.#signal, logger: this.#logger };
    void this.during(() => keepRunning(first, options));
  }

  async #start(name: string, start: () => Promise<Part>): Promise<Part> {
    this.#signal.throwIfAborted();
    const part = await start();
    this.#parts.set(name, part);
    return part;
  }

  /** Stops everything; etcd when nobody needs it any more. The signal must be aborted. */
  async stop(ready: Promise<void>): Promise<void> {
    // What hangs in its start is killed by the sweep that follows.
    const timeout = setTimeout(inFlightTimeoutMs, undefined, { ref: false });
    await Promise.race([Promise.allSettled([ready, ...this.#inFlight]), timeout]);
    const etcd = this.#parts.get("etcd");
    const others = [...this.#parts.values()].filter((part) => part !== etcd);
    await Promise.allSettled(others.map((part) => part.stop()));
    await etcd?.stop();
  }
}
