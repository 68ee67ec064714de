import { parentPort, workerData } from "node:worker_threads";
import { DrydockError, errnoOf, type Logger, messageOf } from "@drydock/kit";
import { directExecutor, nativeExecutor } from "@drydock/linux";
import { createRuntime } from "../create-runtime.ts";
import type { StarterCall, StarterData, StarterMessage } from "./messages.ts";

/** The thread of starter.ts: a runtime of its own on the same state directory. */

const { executor, ...places } = workerData as StarterData;
const runtime = createRuntime({
  ...places,
  executor: executor === "direct" ? directExecutor : nativeExecutor,
  logger: loggerWith({}),
});

function tell(message: StarterMessage): void {
  parentPort?.postMessage(message);
}

function loggerWith(common: object): Logger {
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (fields: object, text: string): void =>
      tell({ kind: "log", level, fields: { ...common, ...fields }, text });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => loggerWith({ ...common, ...fields }),
  };
}

function traceOf(error: unknown): { stack?: string; code?: string } {
  const code = errnoOf(error);
  return {
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(code === undefined ? {} : { code }),
  };
}

parentPort?.on("message", async ({ number, method, request }: StarterCall) => {
  try {
    tell({ kind: "done", number, state: await runtime[method](request) });
  } catch (error) {
    if (error instanceof DrydockError) tell({ kind: "failed", number, error: error.toJSON() });
    else tell({ kind: "broken", number, message: messageOf(error), ...traceOf(error) });
  }
});
