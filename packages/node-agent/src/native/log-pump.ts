import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { errnoOf, type Logger, messageOf } from "@drydock/kit";
import { AT_FDCWD, cString, syscallUnless } from "@drydock/linux";
import { CriFormatter, type LogStream, nanoTime } from "../logs/cri-line.ts";
import { LogFile, type RotationPolicy } from "../logs/log-file.ts";

const streams: readonly LogStream[] = ["stdout", "stderr"];
const S_IFIFO = 0o010000;

/** Makes the two FIFOs that a container's output goes through. Idempotent. */
export function makeFifos(directory: string): Record<LogStream, string> {
  for (const stream of streams) {
    syscallUnless(["EEXIST"], "mknodat", AT_FDCWD, cString(join(directory, stream)), S_IFIFO | 0o600, 0);
  }
  return { stdout: join(directory, "stdout"), stderr: join(directory, "stderr") };
}

/**
 * Carries a container's output from its FIFOs to its log file. The kernel keeps what is written while no agent reads (64 KiB, then the
 * container waits), because the container itself holds the FIFOs open for reading too: an agent that comes back finds it.
 */
export class LogPump {
  /** Resolves when every process of the container has closed its output and all of it is in the file. */
  readonly done: Promise<void>;
  readonly #sockets: Socket[] = [];
  readonly #holds: number[] = [];
  readonly #logger: Logger;

  /** `hold`: keep the FIFOs from ending before the container has opened them; `release` gives that up. */
  constructor(directory: string, logPath: string, rotation: RotationPolicy, hold: boolean, logger: Logger) {
    this.#logger = logger;
    const file = new LogFile(logPath, rotation);
    const copies = streams.map((stream) => this.#copy(join(directory, stream), stream, file, hold));
    this.done = Promise.all(copies).then(() => file.close());
  }

  /** The container has opened the FIFOs, or never will. */
  release(): void {
    for (const fd of this.#holds.splice(0)) closeSync(fd);
  }

  /** Stops reading and leaves what is still in the FIFOs to the next reader. */
  close(): void {
    this.release();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #copy(path: string, stream: LogStream, file: LogFile, hold: boolean): Promise<void> {
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = constants;
    if (hold) this.#holds.push(openSync(path, O_RDWR | O_NONBLOCK));
    // A socket, not a file stream: it waits in epoll, where a file stream would hold a thread of the pool for each container.
    const socket = new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
    this.#sockets.push(socket);
    const formatter = new CriFormatter(stream);
    try {
      for await (const chunk of socket) await this.#append(file, formatter.write(chunk as Buffer, nanoTime()));
    } catch (error) {
      // Destroyed by close().
      if (errnoOf(error) !== "ERR_STREAM_PREMATURE_CLOSE")
        this.#logger.warn({ path, error: messageOf(error) }, "output could not be read");
    }
    await this.#append(file, formatter.end(nanoTime()));
  }

  /** A full disk costs log lines, never the container: its output goes on being read. */
  async #append(file: LogFile, entries: Buffer): Promise<void> {
    try {
      await file.append(entries);
    } catch (error) {
      this.#logger.warn({ path: file.path, error: messageOf(error) }, "log lines are lost");
    }
  }
}
