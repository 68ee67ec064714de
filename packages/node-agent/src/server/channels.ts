import { once } from "node:events";
import type { RawData, WebSocket } from "ws";

/** Numbers of the streams in `v4.channel.k8s.io` and `v5.channel.k8s.io`: the first byte of every message. */
export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** v5 lets the client close stdin (a message of 255 and the channel's number); otherwise the two are the same. */
export const channelProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Waits for the network when more than this has not been taken by it, bytes. */
const highWater = 256 * 1024;

/** One remote command's streams over one WebSocket. Source: k8s.io/apimachinery/pkg/util/remotecommand and httpstream/wsstream. */
export class Channels {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Hands each message to the handler of its channel; `close` names the channel that the client has closed. */
  onMessage(handlers: {
    stdin(data: Buffer): void;
    resize(columns: number, rows: number): void;
    close(number: number): void;
  }): void {
    this.#socket.on("message", (raw: RawData) => {
      const message = toBuffer(raw);
      const data = message.subarray(1);
      if (message[0] === channel.stdin) handlers.stdin(data);
      else if (message[0] === channel.close) handlers.close(data[0] ?? -1);
      else if (message[0] === channel.resize) {
        const size = parseSize(data);
        if (size) handlers.resize(size.columns, size.rows);
      }
    });
  }

  /** Resolves when there is room for more. */
  async send(number: number, data: Uint8Array | string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const payload = Buffer.from(data);
    const message = Buffer.concat([Buffer.from([number]), payload]);
    if (this.#socket.bufferedAmount < highWater) return this.#socket.send(message);
    await new Promise<void>((resolve) => this.#socket.send(message, () => resolve()));
  }

  /** The last message: how the command ended. Then the socket is closed. */
  async finish(status: object): Promise<void> {
    await this.send(channel.error, JSON.stringify(status));
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.close(1000);
    await once(this.#socket, "close", { signal: AbortSignal.timeout(2_000) }).catch(() => this.#socket.terminate());
  }
}

function parseSize(data: Buffer): { columns: number; rows: number } | undefined {
  try {
    const size = JSON.parse(data.toString("utf8")) as { Width?: unknown; Height?: unknown };
    const { Width: columns, Height: rows } = size;
    return typeof columns === "number" && typeof rows === "number" ? { columns, rows } : undefined;
  } catch {
    // A size that cannot be read is not worth ending a terminal session for.
    return undefined;
  }
}

function toBuffer(raw: RawData): Buffer {
  if (Buffer.isBuffer(raw)) return raw;
  return Array.isArray(raw) ? Buffer.concat(raw) : Buffer.from(raw);
}
