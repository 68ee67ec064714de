import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { fileChunks } from "../file-chunks.ts";
import { malformed, maxDocumentBytes } from "../spec/check.ts";
import { digestStream } from "./digest-stream.ts";
import type { ArchiveFiles } from "./image-source.ts";

export function directoryFiles(directory: string): ArchiveFiles {
  const sizeOf = async (name: string): Promise<number | undefined> => {
    try {
      return (await stat(join(directory, name))).size;
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
      throw error;
    }
  };
  const read = (name: string) => fileChunks(join(directory, name));
  return {
    path: directory,
    async text(name) {
      const size = await sizeOf(name);
      if (size === undefined) return undefined;
      if (size > maxDocumentBytes)
        throw malformed(join(directory, name), `has ${size} bytes, more than a document may`);
      return await readFile(join(directory, name), "utf8");
    },
    async content(name) {
      return (await sizeOf(name)) === undefined ? undefined : await digestStream(read(name));
    },
    read,
  };
}
