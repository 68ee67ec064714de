import type { Logger } from "@drydock/kit";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { makeLog } from "../process-log.ts";
import { definitions } from "../settings/definitions.ts";
import { type Settings, settingsOf } from "../settings/settings.ts";

export interface PartContext {
  settings: Settings;
  logger: Logger;
}

/** Flags of every part. */
export function withLogOptions(command: Command): Command {
  return command
    .option("--log-level <level>", "debug, info, warn or error (default: info, DRYDOCK_LOG_LEVEL)")
    .option("--log-file <file>", "append to a file instead of standard output");
}

export async function partContext(command: Command): Promise<PartContext> {
  const settings = await settingsOf(command);
  const { logLevel, logFile } = command.opts<{ logLevel?: string; logFile?: string }>();
  const level = definitions.logLevel.parse(logLevel ?? settings.logLevel ?? "info");
  if (!level) throw failure("CLI_USAGE", `--log-level: "${logLevel}" is not ${definitions.logLevel.expects}`);
  return { settings, logger: makeLog(level, logFile) };
}

/** `127.0.0.1:6443` as host and port. */
export function listenAddress(text: string): { host: string; port: number } {
  const match = /^(.+):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65535) {
    throw failure("CLI_USAGE", `--listen: "${text}" is no address and port`, { hint: "write it like 127.0.0.1:6443" });
  }
  return { host: (match[1] as string).replace(/^\[(.*)\]$/, "$1"), port };
}
