/** Reads exact amounts from a stream of chunks without copying more than needed. */
export class ByteReader {
  #chunks: AsyncIterator<Uint8Array>;
  #current: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes, or fewer only at the end of the stream. */
  async read(length: number): Promise<Buffer> {
    if (this.#current.length >= length) return this.#cut(length);
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** What is there, at most `limit` bytes and at least one; undefined at the end of the stream. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.#current.length === 0) {
      if (this.#ended) return undefined;
      const next = await this.#chunks.next();
      if (next.done) {
        this.#ended = true;
        return undefined;
      }
      const chunk = next.value;
      this.#current = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    return this.#cut(Math.min(limit, this.#current.length));
  }

  /** Lets the source release what it holds. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#current = Buffer.alloc(0);
    await this.#chunks.return?.();
  }

  #cut(length: number): Buffer {
    const part = this.#current.subarray(0, length);
    this.#current = this.#current.subarray(length);
    return part;
  }
}
