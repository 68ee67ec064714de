import { createReadStream } from "node:fs";

/**
 * The bytes of a file, opened when the first of them is asked for. A plain read stream opens at once: when that fails before
 * its reader has begun, Node ends the process with an unhandled "error" event.
 */
export async function* fileChunks(path: string | Buffer): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}
