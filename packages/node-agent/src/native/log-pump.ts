import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { type Logger, messageOf } from "@drydock/kit";
import { AT_FDCWD, cString, syscallUnless } from "@drydock/linux";
import { CriFormatter, type LogStream, nanoTime } from "../logs/cri-line.ts";
import { LogFile, type RotationPolicy } from "../logs/log-file.ts";

const streams: readonly LogStream[] = ["stdout", "stderr"];
const S_IFIFO = 0o010000;
/** What is read at once, bytes. Also what a kill of the agent can cost. */
const bufferBytes = 16 * 1024;

/** Makes the two FIFOs that a container's output goes through. Idempotent. */
export function makeFifos(directory: string): Record<LogStream, string> {
  for (const stream of streams) {
    syscallUnless(["EEXIST"], "mknodat", AT_FDCWD, cString(join(directory, stream)), S_IFIFO | 0o600, 0);
  }
  return { stdout: join(directory, "stdout"), stderr: join(directory, "stderr") };
}

export interface LogPumpOptions {
  /** Where the FIFOs are. */
  directory: string;
  logPath: string;
  rotation: RotationPolicy;
  /** Keep the FIFOs from ending before the container has opened them, until `release`. */
  hold: boolean;
  logger: Logger;
}

/**
 * Carries a container's output from its FIFOs to its log file. The kernel keeps what is written while no agent reads (64 KiB, then the
 * container waits), because the container itself holds the FIFOs open for reading too: an agent that comes back finds it.
 */
export class LogPump {
  /** Resolves when every process of the container has closed its output and all of it is in the file, or after `close`. */
  readonly done: Promise<void>;
  readonly #options: LogPumpOptions;
  readonly #file: LogFile;
  readonly #holds: number[] = [];
  readonly #closers: (() => void)[] = [];
  #closed = false;

  constructor(options: LogPumpOptions) {
    this.#options = options;
    this.#file = new LogFile(options.logPath, options.rotation);
    this.done = Promise.all(streams.map((stream) => this.#copy(stream))).then(() => this.#file.close());
  }

  /** The container has opened the FIFOs, or never will. */
  release(): void {
    for (const fd of this.#holds.splice(0)) closeSync(fd);
  }

  /** Stops reading, and leaves what is still in the FIFOs to the next agent. */
  close(): void {
    this.#closed = true;
    this.release();
    for (const close of this.#closers) close();
  }

  #copy(stream: LogStream): Promise<void> {
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = constants;
    const path = join(this.#options.directory, stream);
    if (this.#options.hold) this.#holds.push(openSync(path, O_RDWR | O_NONBLOCK));
    const formatter = new CriFormatter(stream);
    return new Promise((resolve) => {
      let writing = false;
      const settle = (): void => {
        void this.#append(formatter.end(nanoTime())).then(resolve);
      };
      // A socket, not a file stream: it waits in epoll, where a file stream would hold a thread of the pool for each container.
      // It reads nothing ahead, so that what has left the FIFO is written before the agent ends.
      const socket = new Socket({
        fd: openSync(path, O_RDONLY | O_NONBLOCK),
        readable: true,
        writable: false,
        onread: {
          buffer: Buffer.alloc(bufferBytes),
          callback: (size, buffer) => {
            writing = true;
            const entries = formatter.write(Buffer.from(buffer.subarray(0, size)), nanoTime());
            void this.#append(entries).then(() => {
              writing = false;
              if (this.#closed) socket.destroy();
              else socket.resume();
            });
            return false;
          },
        },
      });
      socket.once("error", (error) =>
        this.#options.logger.warn({ path, error: messageOf(error) }, "output could not be read"),
      );
      socket.once("close", settle);
      this.#closers.push(() => {
        if (!writing) socket.destroy();
      });
      socket.resume();
    });
  }

  /** A full disk costs log lines, never the container: its output goes on being read. */
  async #append(entries: Buffer): Promise<void> {
    try {
      await this.#file.append(entries);
    } catch (error) {
      this.#options.logger.warn({ path: this.#file.path, error: messageOf(error) }, "log lines are lost");
    }
  }
}
