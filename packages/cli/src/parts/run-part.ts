import { setTimeout as sleep } from "node:timers/promises";
import { DrydockError, type Logger, messageOf } from "@drydock/kit";
import type { ChildMessage } from "../supervisor/child-part.ts";
import { notifyServiceManager } from "./service-manager.ts";

/** What every part of a cluster gives back when it has been started. */
interface Running {
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Closing takes longer than this only when something hangs; then the process ends all the same. */
const closeTimeoutMs = 5_000;
/** What is being started has so long to notice that it is not wanted any more. */
const abandonAfterMs = 1_000;

/**
 * Runs parts of a cluster until a signal asks for their end. Tells the supervisor that started this process when all are ready, or why one is not.
 * The parts are closed in the opposite order of their start; what is just being started ends by the signal that it is given.
 */
export async function runParts(
  logger: Logger,
  start: (started: (part: Running) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const parts: Running[] = [];
  const asked = new Promise<"asked">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve("asked"));
  });
  const failed = Promise.withResolvers<never>();
  const ending = new AbortController();
  void asked.then(() => ending.abort());
  try {
    const starting = start((part) => {
      parts.push(part);
      // Too late: whoever has just come up goes down with the others, and nothing more is started.
      ending.signal.throwIfAborted();
      part.failed.catch((error: unknown) => failed.reject(error));
    }, ending.signal);
    const first = await Promise.race([asked, starting.then(() => "ready" as const)]);
    if (first === "ready") {
      tell({ type: "ready" });
      await notifyServiceManager(logger);
    } else {
      // What comes up in the last moment must be closed, too; what does not notice the signal is not waited for.
      await Promise.race([starting.catch(() => {}), sleep(abandonAfterMs, undefined, { ref: false })]);
    }
    await Promise.race([asked, failed.promise]);
    logger.info({}, "asked to end");
  } catch (error) {
    logger.error(
      { error: messageOf(error), ...(error instanceof DrydockError ? { code: error.code } : {}) },
      "part failed",
    );
    tell({ type: "failed", error: asData(error) });
    throw error;
  } finally {
    // What hangs in its end must not keep the others, nor this process.
    setTimeout(() => process.exit(1), closeTimeoutMs).unref();
    for (const part of parts.reverse()) {
      await part.close().catch((error: unknown) => logger.error({ error: messageOf(error) }, "part did not close"));
    }
    if (process.connected) process.disconnect();
  }
}

function asData(error: unknown): ReturnType<DrydockError["toJSON"]> {
  return error instanceof DrydockError
    ? error.toJSON()
    : { code: "CLUSTER_COMPONENT_FAILED", message: messageOf(error) };
}

/** Only when a supervisor has started us. It may have ended by now: then nobody is told. */
function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
