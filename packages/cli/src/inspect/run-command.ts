import { spawn } from "node:child_process";
import { constants } from "node:os";
import { messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";

export interface CommandEnd {
  /** As a shell tells it: 128 + the signal's number when one ended it. */
  exitCode: number;
  signal?: NodeJS.Signals;
}

export interface RunOptions {
  /** Its standard output goes to our standard error: ours is for the report alone. */
  outputToStderr?: boolean;
}

/** Told to us and meant for the command. What a terminal sends goes to both of us, as to all programs of a pipeline. */
const passedOn = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
const fromTerminal = ["SIGINT", "SIGQUIT"] as const;

/** Runs a program with our streams until it ends; we outlive its signals, since there is something to report and to clean up. */
export function runForeground(file: string, args: readonly string[], options: RunOptions = {}): Promise<CommandEnd> {
  const child = spawn(file, args, { stdio: ["inherit", options.outputToStderr ? 2 : "inherit", "inherit"] });
  const listeners = [...passedOn, ...fromTerminal].map((signal) => {
    const isFromTerminal = (fromTerminal as readonly string[]).includes(signal) && process.stdin.isTTY;
    return [signal, () => void (isFromTerminal || child.kill(signal))] as const;
  });
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return new Promise<CommandEnd>((resolve, reject) => {
    child.once("error", (cause) => {
      reject(failure("INSPECT_COMMAND", `${file} could not be started: ${messageOf(cause)}`, { cause }));
    });
    child.once("close", (code, signal) => {
      resolve(signal === null ? { exitCode: code ?? 1 } : { exitCode: 128 + constants.signals[signal], signal });
    });
  }).finally(() => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  });
}
