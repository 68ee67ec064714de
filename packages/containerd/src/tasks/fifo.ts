import { closeSync, constants, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { AT_FDCWD, cString, fileType, readableFrom, syscallUnless, writableTo } from "@drydock/linux";

/** Paths of a process's FIFOs as containerd takes them: "" for /dev/null. */
export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

/** Makes a FIFO. Idempotent. */
export function makeFifo(path: string): void {
  syscallUnless(["EEXIST"], "mknodat", AT_FDCWD, cString(path), fileType.S_IFIFO | 0o600, 0);
}

export interface StdioOptions {
  stdin: boolean;
  terminal: boolean;
}

/**
 * Our ends of a process's FIFOs. Opened before the shim opens its own, and held open for reading and writing until it has, so that neither side
 * ever sees an end or a missing reader that is only the other one being late. A terminal has one output.
 */
export class Stdio {
  readonly paths: StdioPaths;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  readonly stdin: Writable | undefined;
  readonly #directory: string;
  readonly #holds: number[] = [];

  private constructor(directory: string, { stdin, terminal }: StdioOptions) {
    const path = (name: string, wanted: boolean): string => (wanted ? join(directory, name) : "");
    this.#directory = directory;
    this.paths = {
      stdin: path("stdin", stdin),
      stdout: path("stdout", true),
      stderr: path("stderr", !terminal),
      terminal,
    };
    this.stdout = this.#reader(this.paths.stdout);
    this.stderr = terminal ? undefined : this.#reader(this.paths.stderr);
    this.stdin = stdin ? this.#writer(this.paths.stdin) : undefined;
  }

  /** Makes the directory with the FIFOs in it. */
  static async open(directory: string, options: StdioOptions): Promise<Stdio> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new Stdio(directory, options);
  }

  /** The shim has opened its ends: from here on the streams end when the process and its children have closed theirs. */
  release(): void {
    for (const fd of this.#holds.splice(0)) closeSync(fd);
  }

  /** Ends the streams and removes the FIFOs. */
  async remove(): Promise<void> {
    this.release();
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #reader(path: string): Readable {
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = constants;
    makeFifo(path);
    this.#holds.push(openSync(path, O_RDWR | O_NONBLOCK));
    return readableFrom(openSync(path, O_RDONLY | O_NONBLOCK));
  }

  #writer(path: string): Writable {
    const { O_RDWR, O_WRONLY, O_NONBLOCK } = constants;
    makeFifo(path);
    // Without a reader, opening for writing alone would fail.
    this.#holds.push(openSync(path, O_RDWR | O_NONBLOCK));
    return writableTo(openSync(path, O_WRONLY | O_NONBLOCK));
  }
}
