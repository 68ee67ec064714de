import { type ChildProcess, spawn } from "node:child_process";
import { messageOf } from "@drydock/kit";
import { parseSignal, signalNumbers } from "@drydock/linux";
import { failure } from "../errors.ts";
import { forwardSignals, type SignalForwarding } from "../runtime/forward-signals.ts";

export interface CommandEnd {
  /** As a shell tells it: 128 + the signal's number when one ended it. */
  exitCode: number;
  signal?: NodeJS.Signals;
}

export interface RunOptions {
  /** Its standard output goes to our standard error: ours is for the report alone. */
  outputToStderr?: boolean;
  /** Signals that have come since before the command; stopped by whoever gives it. */
  signals?: SignalForwarding;
}

/** What a terminal sends goes to us and to the command, as to all programs of a pipeline: passed on, the command would have it twice. */
const fromTerminal: readonly number[] = [signalNumbers.SIGINT, signalNumbers.SIGQUIT];

/** Runs a program with our streams until it ends; we outlive its signals, since there is something to report and to clean up. */
export async function runForeground(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandEnd> {
  const signals = options.signals ?? forwardSignals();
  try {
    const child = spawn(file, args, { stdio: ["inherit", options.outputToStderr ? 2 : "inherit", "inherit"] });
    signals.to((signal) => {
      if (!(process.stdin.isTTY && fromTerminal.includes(signal))) child.kill(signal);
    });
    return await endOf(child, file);
  } finally {
    if (!options.signals) signals.stop();
  }
}

function endOf(child: ChildProcess, file: string): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      reject(failure("INSPECT_COMMAND", `${file} could not be started: ${messageOf(cause)}`, { cause }));
    });
    child.once("close", (code, signal) => {
      resolve(signal === null ? { exitCode: code ?? 1 } : { exitCode: 128 + (parseSignal(signal) ?? 0), signal });
    });
  });
}
