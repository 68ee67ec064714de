export { AsyncQueue } from "./async-queue.ts";
export { type BackoffPolicy, backoffDelay } from "./backoff.ts";
export { type Clock, ManualClock, systemClock } from "./clock.ts";
export { type CommandOptions, runCommand } from "./command.ts";
export {
  DrydockError,
  declaredErrors,
  defineErrors,
  type ErrorData,
  type ErrorMaker,
  errnoOf,
  errorFromData,
  hasCode,
  messageOf,
} from "./errors.ts";
export { ensureDirectory, pathExists, readTextIfExists, writeFileAtomic } from "./files.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { nearestName } from "./nearest-name.ts";
export { Turns } from "./turns.ts";
export { unlessAborted } from "./unless-aborted.ts";
