import { closeSync } from "node:fs";
import { PassThrough, type Readable, Writable } from "node:stream";
import { ReadStream } from "node:tty";
import { errnoOf } from "@drydock/kit";
import { openPipe, openPtyOf, readableFrom, resizePty, writableTo } from "@drydock/linux";
import type { ExecSession, ProcessConfig } from "../types.ts";

/** The caller's side of an exec's streams, and the descriptors for the other side. */
export interface ExecStreams {
  inherit: { stdin: number; stdout: number; stderr: number };
  /** The other side has them now; ours must go, or no stream would ever end. */
  closeInherited(): void;
  open(): { stdin: Writable; stdout: Readable; stderr?: Readable; resize(columns: number, rows: number): void };
  /** Instead of open, after a failure. */
  discard(): void;
}

export function execStreams(process: ProcessConfig, pid: number): ExecStreams {
  return process.terminal ? terminal(process, pid) : pipes();
}

function pipes(): ExecStreams {
  const [stdin, stdout, stderr] = [openPipe(), openPipe(), openPipe()];
  return {
    inherit: { stdin: stdin.read, stdout: stdout.write, stderr: stderr.write },
    closeInherited: () => closeAll(stdin.read, stdout.write, stderr.write),
    discard: () => closeAll(stdin.write, stdout.read, stderr.read),
    open: () => ({
      stdin: tolerant(writableTo(stdin.write)),
      stdout: readableFrom(stdout.read),
      stderr: readableFrom(stderr.read),
      resize: () => {}, // no terminal, no size
    }),
  };
}

function terminal(process: ProcessConfig, pid: number): ExecStreams {
  const { master, slave } = openPtyOf(pid);
  const size = process.consoleSize;
  if (size) resizePty(master, size.width, size.height);
  return {
    inherit: { stdin: slave, stdout: slave, stderr: slave },
    closeInherited: () => closeSync(slave),
    discard: () => closeSync(master),
    open: () => terminalStreams(master),
  };
}

/** What comes and goes through the master of a pty; its end is that nobody has the other side open any more. */
export function terminalStreams(master: number): { stdin: Writable; stdout: Readable; resize: ExecSession["resize"] } {
  const stream = new ReadStream(master);
  const stdout = new PassThrough();
  stream.pipe(stdout);
  stream.on("error", (error) => {
    // How a pty says that its last user has closed it.
    if (errnoOf(error) === "EIO") stdout.end();
    else stdout.destroy(error);
  });
  stream.on("close", () => stdout.end());
  const stdin = new Writable({
    write: (chunk: Buffer, _encoding, done) => void stream.write(chunk, () => done()),
  });
  return {
    stdin,
    stdout,
    resize: (columns, rows) => {
      if (!stream.destroyed) resizePty(master, columns, rows);
    },
  };
}

/** A process may end without reading all of its input: that is no error of the session. */
function tolerant(stream: Writable): Writable {
  stream.on("error", (error) => {
    if (errnoOf(error) !== "EPIPE") stream.destroy();
  });
  return stream;
}

function closeAll(...fds: number[]): void {
  for (const fd of fds) closeSync(fd);
}
