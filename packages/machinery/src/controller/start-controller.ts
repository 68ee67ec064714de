import { hasCode, messageOf, silentLogger, systemClock } from "@drydock/kit";
import type { ObjectKey } from "../object.ts";
import { WorkQueue } from "../queue/work-queue.ts";
import type { Controller, ControllerHealth, ControllerOptions } from "./controller.ts";

/** Connects sources, queue and workers; see Reconciler for the contract. */
export function startController(options: ControllerOptions): Controller {
  const { name, reconciler, sources, workers = 1, clock = systemClock } = options;
  const logger = (options.logger ?? silentLogger).child({ controller: name });
  const queue = new WorkQueue({ clock, ...(options.backoff ? { backoff: options.backoff } : {}) });
  const stopping = new AbortController();
  const { signal } = stopping;
  const counts: Omit<ControllerHealth, "queue"> = { reconciles: 0, errors: 0, lastError: undefined };

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined && !signal.aborted; key = await queue.take()) {
      await reconcile(key);
      queue.done(key);
    }
  }

  async function reconcile(key: ObjectKey): Promise<void> {
    counts.reconciles += 1;
    try {
      const result = await reconciler.reconcile(key, signal);
      queue.forget(key);
      if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      counts.errors += 1;
      counts.lastError = { at: clock.now(), key, message: messageOf(error) };
      queue.addRateLimited(key);
      const fields = {
        key,
        failures: queue.failures(key),
        error: messageOf(error),
        code: hasCode(error) ? error.code : undefined,
      };
      // A lost race is ordinary: someone else wrote first, and the next attempt sees what they wrote.
      if (hasCode(error, "API_CONFLICT")) logger.debug(fields, "reconcile lost a race and tries again");
      else
        logger.warn(
          { ...fields, stack: hasCode(error) ? undefined : stackOf(error) },
          "reconcile failed and tries again",
        );
    }
  }

  const unsubscribe = sources.map((source) => source.subscribe((key) => queue.add(key)));
  const ready = Promise.all(sources.map((source) => source.synced(signal))).then(() => {});
  const running = ready.then(
    async () => {
      logger.debug({ workers }, "controller started");
      await Promise.all(Array.from({ length: workers }, work));
    },
    (error: unknown) => {
      if (!signal.aborted) logger.error({ error: messageOf(error) }, "controller never started");
    },
  );

  return {
    name,
    started: () => ready,
    enqueue: (key) => queue.add(key),
    health: () => ({ queue: queue.stats(), ...counts }),
    async stop() {
      for (const end of unsubscribe) end();
      stopping.abort();
      queue.shutDown();
      await running;
    },
  };
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
