import { type Logger, messageOf, systemClock } from "@drydock/kit";
import type { CriContainers } from "./cri-containers.ts";
import type { CriSandboxes } from "./cri-sandboxes.ts";
import { labels } from "./labels.ts";

export interface CriChangesOptions {
  sandboxes: CriSandboxes;
  containers: CriContainers;
  logger: Logger;
  /** How often everything is listed, ms. */
  intervalMs: number;
  changed: (podUid: string) => void;
}

/**
 * Sees changes by listing and comparing, as kubelet's PLEG does: CRI has had events for a short time only, and they may be lost. A list of a
 * hundred pods is two calls and some kilobytes.
 */
export class CriChanges {
  readonly #options: CriChangesOptions;
  readonly #closed = new AbortController();
  #known = new Map<string, string>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: CriChangesOptions) {
    this.#options = options;
  }

  /** Rejects when the runtime cannot be asked now. */
  async open(): Promise<void> {
    this.#known = await this.#look();
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { intervalMs, logger } = this.#options;
    let isAway = false;
    while (!this.#closed.signal.aborted) {
      await systemClock.sleep(intervalMs, this.#closed.signal).catch(() => {});
      if (this.#closed.signal.aborted) return;
      try {
        await this.#compare();
        if (isAway) logger.info({}, "the runtime answers again");
        isAway = false;
      } catch (error) {
        if (!isAway) logger.warn({ error: messageOf(error) }, "the runtime does not answer, its pods are waited for");
        isAway = true;
      }
    }
  }

  async #compare(): Promise<void> {
    const now = await this.#look();
    const before = this.#known;
    this.#known = now;
    for (const uid of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(uid) !== now.get(uid)) this.#options.changed(uid);
    }
  }

  /** What there is of each pod, as a text that changes with it. */
  async #look(): Promise<Map<string, string>> {
    const [sandboxes, containers] = await Promise.all([
      this.#options.sandboxes.list(),
      this.#options.containers.records(),
    ]);
    const pods = new Map<string, string[]>();
    for (const { id, state, labels: found } of [...sandboxes, ...containers]) {
      const uid = found[labels.podUid];
      if (uid === undefined) continue;
      const seen = pods.get(uid) ?? [];
      seen.push(`${id} ${state}`);
      pods.set(uid, seen);
    }
    return new Map([...pods].map(([uid, seen]) => [uid, seen.sort().join("\n")]));
  }
}
