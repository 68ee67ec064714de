import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { errnoOf, messageOf } from "@drydock/kit";
import { imageError } from "../errors.ts";

export type Compression = "none" | "gzip" | "zstd";

/** Told by the first bytes, as containerd does: media types are often wrong, and `docker save` has none. */
export function compressionOf(start: Uint8Array): Compression {
  const magic = Buffer.from(start.subarray(0, 4)).toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  if (magic === "28b52ffd") return "zstd";
  return "none";
}

/** The uncompressed bytes of a stream that may be plain, gzip or zstd. */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  let ended = false;
  while (start.length < 4 && !ended) {
    const next = await chunks.next();
    if (next.done) ended = true;
    else start = Buffer.concat([start, next.value]);
  }
  const whole = (async function* () {
    try {
      yield start;
      while (!ended) {
        const next = await chunks.next();
        if (next.done) return;
        yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      }
    } finally {
      await chunks.return?.();
    }
  })();
  const compression = compressionOf(start);
  if (compression === "none") {
    yield* whole;
    return;
  }
  const inflate = compression === "gzip" ? createGunzip({ chunkSize: 64 * 1024 }) : createZstdDecompress();
  // The reader below meets the same error through `inflate`; this promise only must not go unhandled.
  const done = pipeline(Readable.from(whole, { objectMode: false }), inflate).catch(() => {});
  try {
    yield* inflate;
  } catch (error) {
    throw isDamage(error)
      ? imageError("IMAGE_MALFORMED", `${compression} stream is damaged: ${messageOf(error)}`, {
          cause: error,
          hint: "the layer or archive is damaged; make or download it again",
        })
      : error;
  } finally {
    inflate.destroy();
    await done;
  }
}

/** zlib's own errors have codes as Z_DATA_ERROR or ZSTD_error_…, which look like no errno. */
function isDamage(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return errnoOf(error) === undefined && /^(Z_|ZSTD_)/.test(code);
}
