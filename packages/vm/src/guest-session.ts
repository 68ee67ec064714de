import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { EngineName, VmRequest, VmResult } from "./engine.ts";
import { vmError } from "./errors.ts";

const CONSOLE_LINES = 40;

export interface GuestStreams {
  /** What the kernel and the engine have to say; only its end is kept, for when something goes wrong. */
  consoles: readonly Readable[];
  output: Readable;
  errors: Readable;
  /** Where guestScript writes `up …` and `exit N`. */
  status: Readable;
}

/**
 * From a started engine process (in a process group of its own) to the command's exit code: relays output, enforces the time limit and the
 * signal, and turns a machine that dies early into an error with the end of its console. The whole group is gone when this settles.
 */
export async function superviseGuest(
  engine: EngineName,
  request: VmRequest,
  child: ChildProcess,
  streams: GuestStreams,
  started: number,
): Promise<VmResult> {
  const kill = (): void => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The whole group has ended already.
    }
  };
  let timedOut = false;
  const onTimeout = (): void => {
    timedOut = true;
    kill();
  };
  const timer = request.timeoutMs === undefined ? undefined : setTimeout(onTimeout, request.timeoutMs);
  request.signal?.addEventListener("abort", kill, { once: true });
  if (request.signal?.aborted) kill();

  const consoleTail: string[] = [];
  for (const stream of streams.consoles) {
    createInterface({ input: stream }).on("line", (line) => {
      consoleTail.push(line);
      if (consoleTail.length > CONSOLE_LINES) consoleTail.shift();
    });
  }
  let bootMs: number | undefined;
  let exitCode: number | undefined;
  createInterface({ input: streams.status }).on("line", (line) => {
    if (line.startsWith("up ")) bootMs = performance.now() - started;
    const ended = /^exit (\d+)/.exec(line);
    if (ended) exitCode = Number(ended[1]);
  });
  const closed = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  try {
    await Promise.all([
      pipeline(streams.output, request.terminal?.output ?? request.stdout, { end: false }),
      pipeline(streams.errors, request.stderr, { end: false }),
      closed,
    ]);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", kill);
    kill();
  }
  request.signal?.throwIfAborted();
  if (timedOut) {
    throw vmError(
      "VM_TIMEOUT",
      `the command did not end within ${request.timeoutMs} ms and the machine was switched off`,
      {
        hint: "raise --timeout, or look why it hangs: drydock vm shell",
      },
    );
  }
  if (exitCode === undefined || bootMs === undefined) {
    throw vmError("VM_BOOT_FAILED", "the machine ended before its command did", {
      details: { console: consoleTail },
      hint: "the end of its console is in the details; more memory (--memory) often helps",
    });
  }
  return { exitCode, engine, bootMs };
}
