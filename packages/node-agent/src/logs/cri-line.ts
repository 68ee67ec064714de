/**
 * One line of a container log in the format that CRI runtimes write and kubelet reads:
 *
 *     2026-11-21T08:51:20.123456789Z stdout F a whole line
 *     2026-11-21T08:51:20.123456789Z stderr P the first part of a line that was too long or has not ended
 *
 * Source: kubernetes/design-proposals-archive, node/kubelet-cri-logging.md.
 */
export interface CriLine {
  /** RFC 3339 with nanoseconds, UTC: sorts as text. */
  time: string;
  stream: LogStream;
  /** The line goes on in the next entry of the same stream. */
  partial: boolean;
  content: Buffer;
}

export type LogStream = "stdout" | "stderr";

/** Longer lines are written in parts of this size, in bytes (containerd's default). */
export const maxLineBytes = 16 * 1024;

const newline = 0x0a;
const space = 0x20;
const timeLength = "2026-11-21T08:51:20.123456789Z".length;

/** Cuts a stream of bytes into CRI entries. Holds at most one unfinished line. */
export class CriFormatter {
  readonly #stream: LogStream;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  /** The entries that `chunk` completes, ready to be appended to the file. */
  write(chunk: Buffer, time: string): Buffer {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const parts: Buffer[] = [];
    while (data.length > 0) {
      const end = data.indexOf(newline);
      const length = end < 0 ? data.length : end;
      if (length > maxLineBytes) {
        parts.push(this.#prefix(time, "P"), data.subarray(0, maxLineBytes), lineEnd);
        data = data.subarray(maxLineBytes);
      } else if (end >= 0) {
        parts.push(this.#prefix(time, "F"), data.subarray(0, end + 1));
        data = data.subarray(end + 1);
      } else {
        break;
      }
    }
    this.#rest = Buffer.from(data);
    return Buffer.concat(parts);
  }

  /** What is left when the stream ends without a newline: a partial entry, as containerd writes it. */
  end(time: string): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? rest : Buffer.concat([this.#prefix(time, "P"), rest, lineEnd]);
  }

  #prefix(time: string, tag: "F" | "P"): Buffer {
    return Buffer.from(`${time} ${this.#stream} ${tag} `);
  }
}

const lineEnd = Buffer.from("\n");

/** Reads one entry, without its final newline. Undefined for what is not one, e.g. the torn end of a file after a power cut. */
export function parseCriLine(line: Buffer): CriLine | undefined {
  const afterTime = line.indexOf(space);
  if (afterTime < "2026-11-21T08:51:20Z".length || afterTime > timeLength + 6) return undefined;
  const stream = line.toString("latin1", afterTime + 1, afterTime + 7);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const tag = line.toString("latin1", afterTime + 8, afterTime + 10);
  if (tag !== "F " && tag !== "P ") return undefined;
  return {
    time: line.toString("latin1", 0, afterTime),
    stream,
    partial: tag === "P ",
    content: line.subarray(afterTime + 10),
  };
}

/** The time now, UTC, with nanoseconds that never repeat within this process, so that lines keep their order when sorted. */
export function nanoTime(now: () => number = Date.now, monotonic: () => bigint = process.hrtime.bigint): string {
  const sub = monotonic() % 1_000_000n;
  return `${new Date(now()).toISOString().slice(0, -1)}${sub.toString().padStart(6, "0")}Z`;
}
