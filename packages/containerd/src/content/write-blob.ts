import { randomBytes } from "node:crypto";
import { hasCode } from "@drydock/kit";
import type { CallOptions, Duplex } from "../api/call.ts";
import type { WriteContentRequest, WriteContentResponse } from "../api/content.ts";
import type { ContainerdServices } from "../api/services.ts";
import { containerdError } from "../errors.ts";

export interface Blob {
  digest: string;
  /** Bytes. */
  size: number;
  /** What the collector goes by: `containerd.io/gc.ref.content.…`. */
  labels?: Record<string, string>;
  read(): AsyncIterable<Uint8Array>;
  onProgress?: (bytes: number) => void;
}

/** Well below containerd's 16 MiB for a message, and large enough that round trips do not count. */
const chunkBytes = 1024 * 1024;

/**
 * Puts a blob into the content store, which checks its digest; nothing happens when it is there. The ingest has a name of its own, so that
 * two writers of one blob do not wait for one another; one that is left by a crash goes with its lease.
 */
export async function writeBlob(services: ContainerdServices, blob: Blob, options: CallOptions): Promise<void> {
  const { content } = services;
  const ref = `drydock-${blob.digest}-${randomBytes(6).toString("hex")}`;
  const head = { ref, total: blob.size, expected: blob.digest };
  const call = content.write(options);
  const answers = call[Symbol.asyncIterator]();
  try {
    let { offset } = await exchange(call, answers, { action: "STAT", ...head });
    // All of it is there when another namespace has it: then it only becomes ours, too.
    const missing = offset === blob.size ? [] : chunks(blob.read());
    for await (const data of missing) {
      await exchange(call, answers, { action: "WRITE", ref, offset, data });
      offset += data.length;
      blob.onProgress?.(data.length);
    }
    await exchange(call, answers, { action: "COMMIT", ...head, offset, labels: blob.labels ?? {} });
    call.end();
    // The stream's own end, so that nothing of it is left.
    await answers.next();
  } catch (error) {
    call.cancel();
    if (!hasCode(error, "CONTAINERD_EXISTS")) {
      // Its lease would end it, too, a day later.
      await content.abort({ ref }).catch(() => {});
      throw error;
    }
  }
}

/** Sends one message and waits for its answer: each one is acknowledged, so a source that is too fast waits here. */
async function exchange(
  call: Duplex<WriteContentRequest, WriteContentResponse>,
  answers: AsyncIterator<WriteContentResponse>,
  request: WriteContentRequest,
): Promise<WriteContentResponse> {
  const [answer] = await Promise.all([answers.next(), call.send(request)]);
  if (answer.done) throw containerdError("CONTAINERD_FAILED", `Content.Write: ended at ${request.action}`);
  return answer.value;
}

/** The same bytes in pieces of at least `chunkBytes`, except for the last. */
async function* chunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of source) {
    parts.push(part);
    size += part.length;
    if (size < chunkBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
