import { hasCode } from "@drydock/kit";
import { signalNumbers } from "@drydock/linux";
import type { Runtime } from "@drydock/runtime";

interface Stop {
  /** ms since the epoch. */
  deadline: number;
  timer: NodeJS.Timeout;
  ended: Promise<void>;
}

/** Containers that are being stopped: asked once, killed at the deadline, which a later request can only bring nearer. */
export class StopRequests {
  readonly #runtime: Runtime;
  readonly #stops = new Map<string, Stop>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
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
    if (signal !== undefined) await this.#send(id, signal, false);
    try {
      await this.#runtime.wait(id);
    } catch (error) {
      if (!hasCode(error, "RUNTIME_NOT_FOUND")) throw error;
    }
  }

  #killAt(id: string, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      // A kill that fails shows in `ended`, which then does not resolve until the container ends in some other way.
      this.#send(id, signalNumbers.SIGKILL, true).catch(() => {});
    }, ms);
  }

  async #send(id: string, signal: number, all: boolean): Promise<void> {
    try {
      await this.#runtime.kill(id, signal, { all });
    } catch (error) {
      // It ended before we came.
      if (!hasCode(error, "RUNTIME_NOT_FOUND", "RUNTIME_BAD_STATE")) throw error;
    }
  }
}
