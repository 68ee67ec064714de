import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { containerdError } from "../errors.ts";
import { spdyDictionary } from "./spdy-dictionary.ts";

/** All headers of a stream together, bytes: a request for a port needs a hundred. */
const limitBytes = 64 * 1024;

/**
 * Headers as SPDY/3 has them: pairs of texts with their lengths, compressed over the whole life of a connection, so blocks
 * must be read in the order in which they came, and one at a time.
 */
export class HeaderBlocks {
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary, finishFlush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary: spdyDictionary });

  async read(block: Buffer): Promise<Map<string, string>> {
    return parse(await through(this.#inflate, block));
  }

  write(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const parts = [uint32(headers.size)];
    for (const [name, value] of headers) {
      for (const text of [name.toLowerCase(), value]) parts.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
    }
    return through(this.#deflate, Buffer.concat(parts));
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}

/** What comes out of a compressor for what is put into it, all of it. */
function through(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const data = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) end(containerdError("CONTAINERD_STREAM", "the headers of a stream are too long"));
      else chunks.push(chunk);
    };
    const end = (error?: Error | null): void => {
      stream.off("data", data);
      stream.off("error", end);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    };
    stream.on("data", data);
    stream.once("error", end);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => end());
  });
}

function parse(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw containerdError("CONTAINERD_STREAM", "the headers of a stream are cut off");
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > bytes.length - at) throw containerdError("CONTAINERD_STREAM", "the headers of a stream are cut off");
    at += length;
    return bytes.toString("utf8", at - length, at);
  };
  const count = number();
  for (let i = 0; i < count; i++) headers.set(text(), text());
  return headers;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
