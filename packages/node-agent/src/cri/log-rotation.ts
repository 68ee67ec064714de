import { stat } from "node:fs/promises";
import type { CriClient } from "@drydock/containerd";
import { errnoOf, type Logger, messageOf, systemClock } from "@drydock/kit";
import { putLogAside, type RotationPolicy } from "../logs/log-file.ts";
import { gone } from "./cri-sandboxes.ts";

export interface LogRotationOptions {
  cri: CriClient;
  policy: RotationPolicy;
  /** Containers that run, with the file that the runtime writes their log to. */
  running: () => Promise<{ id: string; logPath: string }[]>;
  logger: Logger;
}

/** kubelet's containerLogMonitorInterval. */
const intervalMs = 10_000;

/** With CRI the runtime writes the logs, and whoever asked for it rotates them: puts the file aside and says so. */
export class LogRotation {
  readonly #options: LogRotationOptions;
  readonly #closed = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: LogRotationOptions) {
    this.#options = options;
  }

  open(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  /** Looks at every log once. */
  async rotate(): Promise<void> {
    const { cri, policy, running, logger } = this.#options;
    for (const { id, logPath } of await running()) {
      try {
        if ((await stat(logPath)).size <= policy.maxBytes) continue;
        await putLogAside(logPath, policy);
        await gone(cri.runtime.reopenContainerLog({ containerId: id }));
      } catch (error) {
        // It has not written anything yet, or was removed.
        if (errnoOf(error) !== "ENOENT") logger.warn({ id, error: messageOf(error) }, "log could not be rotated");
      }
    }
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await systemClock.sleep(intervalMs, this.#closed.signal).catch(() => {});
      if (this.#closed.signal.aborted) return;
      await this.rotate().catch((error: unknown) => {
        this.#options.logger.warn({ error: messageOf(error) }, "logs could not be looked at");
      });
    }
  }
}
