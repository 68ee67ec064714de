import { defineErrors } from "./errors.ts";

const failure = defineErrors({
  COMMAND_NOT_FOUND: "a program that is needed is not installed",
  COMMAND_FAILED: "a program that we ran ended with an error",
  COMMAND_TIMEOUT: "a program that we ran did not end in time",
});

export interface CommandOptions {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** Killed after this many ms. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Runs a program to its end and returns its stdout. On failure the error carries a line that can be pasted into a
 * shell, the exit code and the last lines of stderr.
 */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  // 100 ms of start-up that only those pay who run programs.
  const { execa } = await import("execa");
  const result = await execa(file, args, {
    reject: false,
    stripFinalNewline: true,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  if (!result.failed) return result.stdout;
  // As everywhere: who is aborted throws the reason of the abort.
  if (options.signal?.aborted) throw options.signal.reason;
  const details = { command: result.escapedCommand, exitCode: result.exitCode, stderr: result.stderr.slice(-2000) };
  if (result.code === "ENOENT") {
    throw failure("COMMAND_NOT_FOUND", `${file}: not found in PATH`, {
      details,
      hint: `install ${file}, or run npm run setup`,
    });
  }
  if (result.timedOut) {
    throw failure("COMMAND_TIMEOUT", `${result.escapedCommand} did not end within ${options.timeoutMs} ms`, {
      details,
    });
  }
  const how = result.signal ? `was killed by ${result.signal}` : `ended with exit code ${result.exitCode}`;
  const said = result.stderr.trim().split("\n").slice(-3).join("; ");
  throw failure("COMMAND_FAILED", `${result.escapedCommand} ${how}${said ? `: ${said}` : ""}`, {
    details,
    cause: result,
  });
}
