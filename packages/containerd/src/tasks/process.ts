import { type Readable, Writable } from "node:stream";
import { hasCode, type Logger, messageOf } from "@drydock/kit";
import type { ContainerdServices } from "../api/services.ts";
import type { Stdio } from "./fifo.ts";
import { waitForExit } from "./wait-for-exit.ts";

/** A process in a container, with our ends of its streams. */
export interface ContainerdProcess {
  /** As the host counts them. */
  readonly pid: number;
  /** Ending it closes the process's stdin. A stream that nobody reads when none was asked for. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Absent with a terminal: everything comes on stdout. */
  readonly stderr?: Readable;
  resize(columns: number, rows: number): void;
  kill(signal: number): void;
  readonly exit: Promise<{ code: number }>;
}

export interface ProcessParts {
  services: ContainerdServices;
  logger: Logger;
  containerId: string;
  /** Absent for the container's first process. */
  execId?: string;
  pid: number;
  stdio: Stdio;
}

/** Ties a started process to its streams. */
export function connectProcess(parts: ProcessParts): ContainerdProcess {
  const { services, logger, containerId, execId, pid, stdio } = parts;
  const { tasks } = services;
  const process = execId === undefined ? { containerId } : { containerId, execId };
  const whenAsked = (what: string, answer: Promise<unknown>): void => {
    answer.catch((error: unknown) => {
      // It ended before we came.
      if (hasCode(error, "CONTAINERD_NOT_FOUND", "CONTAINERD_BAD_STATE")) return;
      logger.warn({ ...process, error: messageOf(error) }, what);
    });
  };
  const { stdin } = stdio;
  if (stdin) {
    // The shim holds stdin open, too, so that a client that dies does not end the process's input: closing it is a call of its own.
    stdin.once("close", () => whenAsked("stdin could not be closed", tasks.closeIO({ ...process, stdin: true })));
  }
  return {
    pid,
    stdin: stdin ?? nowhere(),
    stdout: stdio.stdout,
    ...(stdio.stderr ? { stderr: stdio.stderr } : {}),
    resize: (width, height) =>
      whenAsked("terminal could not be resized", tasks.resizePty({ ...process, width, height })),
    kill: (signal) => whenAsked("signal could not be sent", tasks.kill({ ...process, signal })),
    exit: waitForExit(services, process).then(({ code }) => ({ code })),
  };
}

/** What a process that was given no stdin is written to. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
