import { appendFileSync } from "node:fs";
import { type Logger, messageOf } from "@drydock/kit";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { remark } from "../output/print.ts";

/** Names of levels as callers of runc read them. */
const levels = { debug: "debug", info: "info", warn: "warning", error: "error" } as const;
type Level = keyof typeof levels;

const formats = ["text", "json"];

interface Options {
  log?: string;
  logFormat?: string;
  debug?: boolean;
}

/**
 * What `drydock runtime` logs: into the file of --log, line by line in the format that runc's callers parse (level, msg,
 * time). Without that file warnings and errors go to standard error, as remarks.
 */
export function loggerOf(command: Command): Logger {
  const { log, logFormat = "text", debug = false } = command.optsWithGlobals<Options>();
  if (!formats.includes(logFormat)) {
    throw failure("CLI_USAGE", `--log-format: "${logFormat}" is not a format`, {
      hint: `possible: ${formats.join(", ")}`,
    });
  }
  const write = (level: Level, fields: object, message: string): void => {
    if (level === "debug" && !debug) return;
    if (log) appendFileSync(log, line(logFormat, levels[level], message, fields), { mode: 0o644 });
    else if (level !== "info") remark(`${message}${textOf(fields)}`);
  };
  return loggerWith(write, {});
}

function loggerWith(write: (level: Level, fields: object, message: string) => void, common: object): Logger {
  const at =
    (level: Level) =>
    (fields: object, message: string): void =>
      write(level, { ...common, ...fields }, message);
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => loggerWith(write, { ...common, ...fields }),
  };
}

function line(format: string, level: string, msg: string, fields: object): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (format === "json") return `${JSON.stringify({ ...fields, level, msg, time })}\n`;
  return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(msg)}${textOf(fields)}\n`;
}

function textOf(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? JSON.stringify(value) : value}`)
    .join("");
}

/** An action whose failure is in the log, too: the caller of a runtime looks there first. */
export function reported<Args extends unknown[]>(
  action: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      // Commander gives the command as the last argument.
      report(args.at(-1) as Command, error);
      throw error;
    }
  };
}

function report(command: Command, error: unknown): void {
  if (!command.optsWithGlobals<Options>().log || !(error instanceof Error) || "exitCode" in error) return;
  const hint = "hint" in error && error.hint ? `; ${error.hint}` : "";
  try {
    loggerOf(command).error({}, `${error.message}${hint}`);
  } catch (cause) {
    // The error itself must not be lost over it: it goes to standard error in any case.
    remark(`the log cannot be written: ${messageOf(cause)}`);
  }
}
