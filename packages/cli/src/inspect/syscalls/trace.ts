import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DrydockError, hasCode } from "@drydock/kit";
import { AT_FDCWD, cString, fileType, readableFrom, syscall } from "@drydock/linux";
import { failure } from "../../errors.ts";
import { forwardSignals } from "../../runtime/forward-signals.ts";
import { findProgram } from "../find-program.ts";
import { type CommandEnd, runForeground } from "../run-command.ts";
import { StraceParser } from "./parse-strace.ts";
import { TraceCounter, type TraceSummary } from "./summary.ts";

export interface Trace {
  end: CommandEnd;
  summary: TraceSummary;
}

/** Follow children, time each call, no remarks about attaching. Short strings: only the names of programs are looked at. */
const straceFlags = ["-f", "-T", "-qq", "-s", "128"];

/** Runs a command under strace(1) and counts its system calls. What strace writes comes through a FIFO and is counted as it comes. */
export async function traceCommand(command: readonly string[], options: { outputToStderr?: boolean }): Promise<Trace> {
  const [program = "", ...args] = command;
  const file = findProgram(program);
  const strace = findStrace();
  // A signal ends the command, and what was made for it goes with its end.
  const signals = forwardSignals();
  const directory = mkdtempSync(join(tmpdir(), "drydock-inspect-"));
  try {
    const fifo = join(directory, "trace");
    syscall("mknodat", AT_FDCWD, cString(fifo), fileType.S_IFIFO | 0o600, 0);
    // A writer of our own keeps the FIFO from ending before strace has opened it, or when it never does.
    const counting = countLines(openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK));
    const keeper = openSync(fifo, constants.O_WRONLY);
    const end = await runForeground(strace, [...straceFlags, "-o", fifo, "--", file, ...args], {
      ...options,
      signals,
    }).finally(() => {
      closeSync(keeper);
    });
    const summary = await counting;
    if (summary.calls === 0) {
      throw failure(
        "INSPECT_TRACE_FAILED",
        `strace could not follow ${program}: it ended with ${end.exitCode} and saw no call`,
        {
          hint: "only one tracer can follow a process, and a seccomp filter or ptrace_scope may forbid it (ptrace(2))",
        },
      );
    }
    return { end, summary };
  } finally {
    signals.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function countLines(fd: number): Promise<TraceSummary> {
  const parser = new StraceParser();
  const counter = new TraceCounter();
  const stream = readableFrom(fd);
  const lines = createInterface({ input: stream });
  lines.on("line", (line) => {
    const event = parser.parse(line);
    if (event) counter.add(event);
  });
  await once(lines, "close");
  return counter.summary();
}

function findStrace(): string {
  try {
    return findProgram("strace");
  } catch (error) {
    if (!hasCode(error, "INSPECT_COMMAND")) throw error;
    throw new DrydockError("COMMAND_NOT_FOUND", "strace: not found in PATH", {
      hint: "install it: apt-get install strace",
      cause: error,
    });
  }
}
