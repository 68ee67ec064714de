import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "@drydock/kit";
import { type CriLine, parseCriLine } from "./cri-line.ts";
import { rotatedLogs } from "./log-file.ts";
import { tailStart } from "./tail-start.ts";

/** The options of `GET …/pods/<pod>/log`. */
export interface LogOptions {
  follow: boolean;
  timestamps: boolean;
  /** Only this many last lines. */
  tailLines?: number;
  /** Nothing before this moment, RFC 3339 in UTC. */
  sinceTime?: string;
  /** The answer is cut after this many bytes. */
  limitBytes?: number;
}

export interface FollowHooks {
  /** True while the container may still write. */
  running(): Promise<boolean>;
  /** Calls back when the answer of `running` may have changed; returns the way to end that. */
  onChange(listener: () => void): () => void;
  signal: AbortSignal;
}

/**
 * The log of one run of a container as the bytes that `kubectl logs` prints, read across rotation. With `follow` it goes on until the
 * container has ended and everything that it wrote has been read, or the signal aborts.
 */
export async function* readLog(path: string, options: LogOptions, hooks: FollowHooks): AsyncGenerator<Buffer> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const line of readEntries(path, options, hooks)) {
    if (options.sinceTime !== undefined && line.time < options.sinceTime) continue;
    const text = printed(line, options.timestamps);
    if (text.length >= left) {
      yield text.subarray(0, left);
      return;
    }
    left -= text.length;
    yield text;
  }
}

function printed(line: CriLine, timestamps: boolean): Buffer {
  const parts: Buffer[] = [];
  if (timestamps) parts.push(Buffer.from(`${line.time} `));
  parts.push(line.content);
  if (!line.partial) parts.push(newlineBuffer);
  return Buffer.concat(parts);
}

const newline = 0x0a;
const newlineBuffer = Buffer.from("\n");

/** The entries of the log, read across rotation; see readLog. */
export async function* readEntries(
  path: string,
  options: Pick<LogOptions, "follow" | "tailLines">,
  hooks: FollowHooks,
): AsyncGenerator<CriLine> {
  const start = await openAll(path, options.tailLines);
  let position = start.position;
  try {
    for (const [index, file] of start.files.entries()) {
      const isLive = index === start.files.length - 1;
      if (isLive && options.follow) break;
      yield* entriesOf(file, position);
      position = 0;
    }
    if (options.follow) yield* follow(path, start.files.pop(), position, hooks);
  } finally {
    for (const file of start.files) await file.close();
  }
}

/** Opens what there is, oldest first, from the file in which the wanted lines begin. A rotation in between is harmless: open files stay the same. */
async function openAll(path: string, tailLines?: number): Promise<{ files: FileHandle[]; position: number }> {
  const files: FileHandle[] = [];
  for (const name of [...(await rotatedLogs(path)), path]) {
    const file = await openIfExists(name);
    if (file) files.push(file);
  }
  if (tailLines === undefined) return { files, position: 0 };
  let wanted = tailLines;
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index] as FileHandle;
    const { position, lines } = await tailStart(file, wanted);
    wanted -= lines;
    if (wanted <= 0 || index === 0) {
      for (const unneeded of files.splice(0, index)) await unneeded.close();
      return { files, position };
    }
  }
  return { files, position: 0 };
}

async function* entriesOf(file: FileHandle, from: number): AsyncGenerator<CriLine, number> {
  const chunk = Buffer.alloc(64 * 1024);
  let rest: Buffer = Buffer.alloc(0);
  let position = from;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return position - rest.length;
    position += bytesRead;
    let data: Buffer = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline)) {
      const line = parseCriLine(data.subarray(0, end));
      if (line) yield line;
      data = data.subarray(end + 1);
    }
    rest = data;
  }
}

async function* follow(
  path: string,
  first: FileHandle | undefined,
  from: number,
  hooks: FollowHooks,
): AsyncGenerator<CriLine> {
  const changes = new Changes(dirname(path), hooks);
  let file = first;
  let position = from;
  try {
    while (!hooks.signal.aborted) {
      changes.reset();
      // Asked before reading: what was written before the container ended is then certainly read below.
      const running = await hooks.running();
      file ??= await openIfExists(path);
      if (file) {
        position = yield* entriesOf(file, position);
        const next = await successor(path, file);
        if (next) {
          // It may have been written to between our last read and the rename.
          yield* entriesOf(file, position);
          await file.close();
          file = next;
          position = 0;
          continue;
        }
      }
      if (!running) return;
      await changes.wait();
    }
  } finally {
    changes.close();
    await file?.close();
  }
}

/** The new live file, when `file` has been put aside. */
async function successor(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const next = await openIfExists(path);
  if (!next) return undefined;
  const [a, b] = await Promise.all([file.stat(), next.stat()]);
  if (a.ino !== b.ino) return next;
  await next.close();
  return undefined;
}

async function openIfExists(path: string): Promise<FileHandle | undefined> {
  return open(path, "r").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
}

/** Wakes when a file in a directory changes, by inotify, and when the container may have ended. */
class Changes {
  #changed = false;
  #wake: (() => void) | undefined;
  readonly #close: () => void;

  constructor(directory: string, hooks: FollowHooks) {
    const notify = () => {
      this.#changed = true;
      this.#wake?.();
    };
    const watcher = watch(directory, notify);
    // The directory can go when the pod does; the reader then ends because the container has.
    watcher.on("error", notify);
    const unsubscribe = hooks.onChange(notify);
    hooks.signal.addEventListener("abort", notify, { once: true });
    this.#close = () => {
      watcher.close();
      unsubscribe();
      hooks.signal.removeEventListener("abort", notify);
    };
  }

  reset(): void {
    this.#changed = false;
  }

  async wait(): Promise<void> {
    if (this.#changed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  close(): void {
    this.#close();
  }
}
