import { signalNumbers } from "@drydock/linux";

/** How an adapter signals containers and learns of their end. Neither minds a container that is gone. */
export interface StopTarget {
  /** `all`: every process of the container. */
  signal(id: string, signal: number, all: boolean): Promise<void>;
  /** Resolves when it has ended. */
  ended(id: string): Promise<void>;
}

interface Stop {
  /** ms since the epoch. */
  deadline: number;
  timer: NodeJS.Timeout;
  ended: Promise<void>;
}

/** Containers that are being stopped: asked once, killed at the deadline, which a later request can only bring nearer. */
export class StopRequests {
  readonly #target: StopTarget;
  readonly #stops = new Map<string, Stop>();

  constructor(target: StopTarget) {
    this.#target = target;
  }

  /** Resolves when the container has ended. */
  async stop(id: string, signal: number, graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    const current = this.#stops.get(id);
    if (current) {
      if (deadline < current.deadline) {
        clearTimeout(current.timer);
        current.deadline = deadline;
        current.timer = this.#killAt(id, graceMs);
      }
      return current.ended;
    }
    const stop: Stop = {
      deadline,
      timer: this.#killAt(id, graceMs),
      ended: this.#end(id, graceMs === 0 ? undefined : signal),
    };
    this.#stops.set(id, stop);
    try {
      await stop.ended;
    } finally {
      clearTimeout(stop.timer);
      this.#stops.delete(id);
    }
  }

  async #end(id: string, signal: number | undefined): Promise<void> {
    if (signal !== undefined) await this.#target.signal(id, signal, false);
    await this.#target.ended(id);
  }

  #killAt(id: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      // A kill that fails shows in `ended`, which then does not resolve until the container ends in some other way.
      this.#target.signal(id, signalNumbers.SIGKILL, true).catch(() => {});
    }, ms);
  }
}
