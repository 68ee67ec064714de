import type { Logger } from "@drydock/kit";
import pino from "pino";
import type { LogLevel } from "./settings/definitions.ts";
import { type DataPaths, logPath } from "./supervisor/paths.ts";

/** A process's own log. Lines are written at once: the last ones before a crash are the ones that matter. */
export function makeLog(level: LogLevel, file: string | undefined): Logger {
  const destination = pino.destination({ dest: file ?? 1, sync: true, append: true, mkdir: true });
  // A full disk must not end what logs to it: its lines are lost, and that is all.
  destination.on("error", () => {});
  return adapt(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

export function makeSupervisorLog(paths: DataPaths, level: LogLevel): Logger {
  return makeLog(level, logPath(paths, "supervisor"));
}

function adapt(log: pino.Logger): Logger {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    child: (fields) => adapt(log.child(fields)),
  };
}
