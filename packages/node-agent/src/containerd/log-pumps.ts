import type { Logger } from "@drydock/kit";
import type { RotationPolicy } from "../logs/log-file.ts";
import { LogPump } from "../native/log-pump.ts";

/** How long a run that ended waits for its last output to be in the log, ms. */
const drainTimeoutMs = 500;

/** The log pumps of all containers that this agent reads, by container id. */
export class LogPumps {
  readonly #pumps = new Map<string, LogPump>();
  readonly #rotation: RotationPolicy;
  readonly #logger: Logger;

  constructor(rotation: RotationPolicy, logger: Logger) {
    this.#rotation = rotation;
    this.#logger = logger;
  }

  has(id: string): boolean {
    return this.#pumps.has(id);
  }

  /** Reads the FIFOs in `directory`. `hold`: the shim has not opened them yet. */
  open(id: string, directory: string, logPath: string, hold: boolean): LogPump {
    const pump = new LogPump({ directory, logPath, hold, rotation: this.#rotation, logger: this.#logger });
    this.#pumps.set(id, pump);
    void pump.done.then(() => this.#pumps.get(id) === pump && this.#pumps.delete(id));
    return pump;
  }

  /** All output of a run that ended is in its log, or a child of it keeps its output open. */
  async drained(id: string): Promise<void> {
    const pump = this.#pumps.get(id);
    if (!pump) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainTimeoutMs);
    });
    await Promise.race([pump.done, late]);
    clearTimeout(timer);
  }

  close(id: string): void {
    this.#pumps.get(id)?.close();
    this.#pumps.delete(id);
  }

  closeAll(): void {
    for (const id of [...this.#pumps.keys()]) this.close(id);
  }
}
