import { Duplex } from "node:stream";
import { containerdError } from "../errors.ts";
import { HeaderBlocks } from "./header-blocks.ts";

/** Where a connection's bytes come from and go to. */
export interface Carrier {
  /** Calls back when there is room for more. */
  send(bytes: Buffer, sent: (error?: Error | null) => void): void;
  pause(): void;
  resume(): void;
}

const version = 3;
const type = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, headers: 8 } as const;
const fin = 1;
/** Longer frames are cut by senders; a length beyond this is no frame of a port-forward, bytes. */
const longestFrame = 1024 * 1024;
const longestData = 32 * 1024;

/** One stream of a connection: what the other side wrote is read from it, what is written to it goes there. */
export class SpdyStream extends Duplex {
  readonly headers: ReadonlyMap<string, string>;
  readonly #send: (flags: number, data: Buffer, sent: (error?: Error | null) => void) => void;
  readonly #wantsMore: () => void;

  constructor(
    headers: ReadonlyMap<string, string>,
    send: (flags: number, data: Buffer, sent: (error?: Error | null) => void) => void,
    wantsMore: () => void,
  ) {
    // Either side may end its direction while the other goes on.
    super({ allowHalfOpen: true });
    this.headers = headers;
    this.#send = send;
    this.#wantsMore = wantsMore;
  }

  override _read(): void {
    this.#wantsMore();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += longestData) {
      const part = chunk.subarray(at, at + longestData);
      this.#send(0, part, at + longestData >= chunk.length ? done : () => {});
    }
    if (chunk.length === 0) done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#send(fin, Buffer.alloc(0), done);
  }
}

/**
 * SPDY/3.1 as far as Kubernetes uses it (moby/spdystream): streams that the client opens, data both ways, pings. That library knows no
 * windows, so neither do we: a reader that is slow holds up the connection. One class for both sides: the server is told of streams by
 * `opened`, the client calls `open`.
 */
export class SpdyConnection {
  readonly #carrier: Carrier;
  readonly #opened: (stream: SpdyStream) => void;
  readonly #blocks = new HeaderBlocks();
  readonly #streams = new Map<number, SpdyStream>();
  #unread: Buffer = Buffer.alloc(0);
  /** Frames are handled one after the other: the state of the compression goes through all of them. */
  #work: Promise<void> = Promise.resolve();
  /** Streams of a client have odd numbers. */
  #nextId = 1;
  readonly #ownIds = new Set<number>();
  #opening: Promise<unknown> = Promise.resolve();

  constructor(carrier: Carrier, opened: (stream: SpdyStream) => void = () => {}) {
    this.#carrier = carrier;
    this.#opened = opened;
  }

  /** Opens a stream, as a client. It may be written to at once. */
  open(headers: ReadonlyMap<string, string>): Promise<SpdyStream> {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = this.#opening.then(async () => {
      const block = await this.#blocks.write(headers);
      const head = Buffer.alloc(10);
      head.writeUInt32BE(id);
      const opened = this.#add(id, headers);
      this.#ownIds.add(id);
      this.#control(type.synStream, Buffer.concat([head, block]));
      return opened;
    });
    this.#opening = stream.catch(() => {});
    return stream;
  }

  /** Takes bytes of the other side; rejects when they are no SPDY. */
  receive(bytes: Buffer): Promise<void> {
    this.#work = this.#work.then(() => this.#take(bytes));
    return this.#work;
  }

  /** No bytes will come any more: what has come can be read, then the streams end. */
  async end(): Promise<void> {
    await this.#work;
    for (const stream of this.#streams.values()) stream.push(null);
    this.#blocks.close();
  }

  /** Ends all streams; the carrier is the caller's to close. */
  close(): void {
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#blocks.close();
  }

  async #take(bytes: Buffer): Promise<void> {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    while (this.#unread.length >= 8) {
      const length = this.#unread.readUInt32BE(4) & 0xffffff;
      if (length > longestFrame) throw containerdError("CONTAINERD_STREAM", `a frame of ${length} bytes is too long`);
      if (this.#unread.length < 8 + length) return;
      const frame = this.#unread.subarray(0, 8 + length);
      this.#unread = this.#unread.subarray(8 + length);
      await this.#handle(frame.readUInt32BE(0), frame[4] as number, frame.subarray(8));
    }
  }

  async #handle(head: number, flags: number, body: Buffer): Promise<void> {
    if (head < 0x80000000) return this.#data(head, flags, body);
    if (head >>> 16 !== (0x8000 | version)) throw containerdError("CONTAINERD_STREAM", "this is not SPDY/3");
    switch (head & 0xffff) {
      case type.synStream:
        return this.#open(flags, body);
      case type.synReply:
      case type.headers:
        // What they say is of no interest, but the state of the decompression goes through them.
        await this.#blocks.read(body.subarray(4));
        return;
      case type.rstStream:
        this.#reset(body.length >= 4 ? body.readUInt32BE(0) & 0x7fffffff : 0);
        return;
      case type.ping:
        this.#control(type.ping, body);
        return;
      default:
        // Settings, windows, farewells: nothing that we would do anything about.
        return;
    }
  }

  async #open(flags: number, body: Buffer): Promise<void> {
    if (body.length < 10) throw containerdError("CONTAINERD_STREAM", "a frame is cut off");
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#blocks.read(body.subarray(10));
    const reply = await this.#blocks.write(new Map());
    const stream = this.#add(id, headers);
    this.#control(type.synReply, Buffer.concat([body.subarray(0, 4), reply]));
    this.#opened(stream);
    if (flags & fin) stream.push(null);
  }

  #add(id: number, headers: ReadonlyMap<string, string>): SpdyStream {
    const stream = new SpdyStream(
      headers,
      (flags, data, sent) => this.#carrier.send(frame(id, flags, data), sent),
      () => this.#carrier.resume(),
    );
    this.#streams.set(id, stream);
    // Whoever is interested hears of it by its own means; here only the table is kept.
    stream.once("close", () => {
      this.#streams.delete(id);
      // One that is destroyed unread holds up nobody any more.
      this.#carrier.resume();
    });
    return stream.on("error", () => {});
  }

  #data(id: number, flags: number, body: Buffer): void {
    const stream = this.#streams.get(id);
    // The end of a stream and its last data may cross on the way.
    if (!stream || stream.readableEnded) return;
    if (body.length > 0 && !stream.push(body)) this.#carrier.pause();
    if (flags & fin) this.#finish(stream);
  }

  /** A stream that has ended asks for no more: were it the one that held up the connection, nobody else would let it go on. */
  #finish(stream: SpdyStream): void {
    stream.push(null);
    this.#carrier.resume();
  }

  #control(kind: number, body: Buffer): void {
    this.#carrier.send(frame((0x8000 | version) * 0x10000 + kind, 0, body), () => {});
  }

  #reset(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    // Servers of Kubernetes end all streams like this when a command has ended: what came before it is still to be read.
    if (stream && this.#ownIds.has(id)) this.#finish(stream);
    else stream?.destroy();
  }
}

function frame(head: number, flags: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(head, 0);
  bytes.writeUInt32BE(flags * 0x1000000 + body.length, 4);
  return Buffer.concat([bytes, body]);
}
