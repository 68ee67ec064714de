import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { imageError } from "../errors.ts";
import { fileChunks } from "../file-chunks.ts";
import { malformed, maxDocumentBytes } from "../spec/check.ts";
import { writeVerified } from "../store/blob-store.ts";
import { readTar } from "../tar/read.ts";
import { decompress } from "../unpack/decompress.ts";
import type { LayerLimits } from "../unpack/limits.ts";
import type { ArchiveFiles } from "./image-source.ts";

interface ExtractedFile {
  path: string;
  digest: string;
  size: number;
}

/**
 * Links in an archive of `docker save` point at a layer that is there already; one step is usual, more are a circle.
 */
const maxLinks = 8;

/**
 * Copies the files of an archive to `directory` (made by the caller), numbered, never under the names that the archive
 * gives them: so those names cannot do any harm, and are only looked up. Digests are computed on the way.
 */
export async function extractTarFiles(
  path: string,
  directory: string,
  limits: LayerLimits,
  signal?: AbortSignal,
): Promise<ArchiveFiles> {
  const files = new Map<string, ExtractedFile>();
  const links = new Map<string, string>();
  let bytes = 0;
  let entries = 0;
  const archive = fileChunks(path);
  for await (const entry of readTar(decompress(archive))) {
    signal?.throwIfAborted();
    bytes += entry.size;
    entries++;
    if (bytes > limits.bytes || entries > limits.entries) {
      throw imageError(
        "IMAGE_HOSTILE_LAYER",
        `${path}: archive holds more than ${limits.bytes} bytes or ${limits.entries} entries`,
        {
          hint: "do not use this archive; ask where it came from",
        },
      );
    }
    const name = posix.normalize(Buffer.from(entry.name, "latin1").toString());
    if (entry.kind === "file") {
      const file = join(directory, String(files.size));
      files.set(name, { path: file, ...(await writeVerified(file, abortable(entry.content(), signal))) });
    } else if (entry.kind === "symlink" || entry.kind === "hardlink") {
      const base = entry.kind === "symlink" ? posix.dirname(name) : ".";
      links.set(name, posix.join(base, Buffer.from(entry.linkname, "latin1").toString()));
    }
  }

  const find = (name: string): ExtractedFile | undefined => {
    let target: string | undefined = name;
    for (let step = 0; step < maxLinks && target !== undefined; step++) {
      const file = files.get(target);
      if (file) return file;
      target = links.get(target);
    }
    return undefined;
  };
  return {
    path,
    async text(name) {
      const file = find(name);
      if (!file) return undefined;
      if (file.size > maxDocumentBytes)
        throw malformed(`${path}: ${name}`, `has ${file.size} bytes, more than a document may`);
      return await readFile(file.path, "utf8");
    },
    async content(name) {
      return find(name);
    },
    read(name) {
      const file = find(name);
      if (!file) throw malformed(path, `has no ${name}`);
      return fileChunks(file.path);
    },
  };
}

async function* abortable(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
