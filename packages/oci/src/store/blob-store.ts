import { createHash } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";
import { digestOf } from "../digest.ts";
import { imageError } from "../errors.ts";
import { fileChunks } from "../file-chunks.ts";
import { maxDocumentBytes } from "../spec/check.ts";
import type { StorePaths } from "./store-paths.ts";

const maxCheckedBytes = 64 * 1024;

/** Content by digest. A file in `blobs` is whole and verified, because it got there by a rename after that. */
export class BlobStore {
  readonly #paths: StorePaths;

  constructor(paths: StorePaths) {
    this.#paths = paths;
  }

  /** Size in bytes, or undefined when it is not here. */
  async size(digest: string): Promise<number | undefined> {
    try {
      return (await stat(this.#paths.blob(digest))).size;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * True when it is here with this size. Small ones, documents among them, are read and checked; damage in a layer
   * shows when it is unpacked.
   */
  async has(digest: string, size: number): Promise<boolean> {
    if ((await this.size(digest)) !== size) return false;
    return size > maxCheckedBytes || (await this.text(digest)) !== undefined;
  }

  read(digest: string): AsyncIterable<Buffer> {
    return fileChunks(this.#paths.blob(digest));
  }

  /** A manifest or config as text; undefined when it is not here, or damaged on disk. */
  async text(digest: string): Promise<string | undefined> {
    const size = await this.size(digest);
    if (size === undefined) return undefined;
    if (size > maxDocumentBytes) {
      throw imageError("IMAGE_MALFORMED", `${digest} has ${size} bytes, a document has at most ${maxDocumentBytes}`, {
        hint: "the image is not a container image; use another",
      });
    }
    const bytes = await readFile(this.#paths.blob(digest));
    return digestOf(bytes) === digest ? bytes.toString() : undefined;
  }

  /**
   * Stores a stream that must have this digest and, when it is given, this size. Nothing is kept of one that has not.
   */
  async write(source: AsyncIterable<Uint8Array>, digest: string, size?: number): Promise<void> {
    const temporary = this.#paths.temporary();
    try {
      const found = await writeVerified(temporary, source, size);
      checkContent(digest, size, found);
      await this.adopt(temporary, digest);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Takes over a file of the store's `tmp` whose digest the caller has verified. */
  async adopt(temporary: string, digest: string): Promise<void> {
    await rename(temporary, this.#paths.blob(digest));
  }
}

export interface FoundContent {
  digest: string;
  size: number;
}

/**
 * Writes a stream to a new file, synced to disk, and tells its digest. Stops early when it grows beyond `expectedSize`.
 */
export async function writeVerified(
  path: string,
  source: AsyncIterable<Uint8Array>,
  expectedSize = Number.POSITIVE_INFINITY,
): Promise<FoundContent> {
  const hash = createHash("sha256");
  let size = 0;
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > expectedSize) break;
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

export function checkContent(digest: string, size: number | undefined, found: FoundContent): void {
  const hint = "the content was damaged on its way or at its source; get it again";
  if (size !== undefined && found.size !== size) {
    const seen = found.size > size ? "more" : String(found.size);
    throw imageError("IMAGE_DIGEST_MISMATCH", `${digest} should have ${size} bytes and has ${seen}`, {
      details: { digest, expectedSize: size, foundSize: found.size },
      hint,
    });
  }
  if (found.digest === digest) return;
  throw imageError("IMAGE_DIGEST_MISMATCH", `${digest} has content with the digest ${found.digest}`, {
    details: { expected: digest, found: found.digest },
    hint,
  });
}
