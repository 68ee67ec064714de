import { stat } from "node:fs/promises";
import { fileChunks } from "../file-chunks.ts";
import type { NewEntry } from "../tar/write.ts";

/**
 * One thing to put into a layer. `path` is relative to the image's root. Owner root, mode 0644 (directories 0755),
 * unless stated.
 */
export type ImageFile = { path: string; mode?: number; uid?: number; gid?: number } & (
  | { content: string | Uint8Array }
  /** A file of this machine. */
  | { source: string }
  | { directory: true }
  | { symlink: string }
  /** Another path of the same layer. */
  | { hardlink: string }
);

/**
 * The entry of a tar for it. `mtime` is the same for all, seconds, so that the same files always make the same layer.
 */
export async function entryOf(file: ImageFile, mtime: number): Promise<NewEntry> {
  const common = { mtime, uid: file.uid ?? 0, gid: file.gid ?? 0 };
  const name = bytesOf(file.path);
  if ("directory" in file) return { ...common, name: `${name}/`, kind: "directory", mode: file.mode ?? 0o755 };
  if ("symlink" in file) return { ...common, name, kind: "symlink", mode: 0o777, linkname: bytesOf(file.symlink) };
  const mode = file.mode ?? 0o644;
  if ("hardlink" in file) return { ...common, name, kind: "hardlink", mode, linkname: bytesOf(file.hardlink) };
  if ("source" in file) {
    const { size } = await stat(file.source);
    return { ...common, name, kind: "file", mode, content: { size, chunks: fileChunks(file.source) } };
  }
  const content = Buffer.from(file.content as string);
  return { ...common, name, kind: "file", mode, content: { size: content.length, chunks: [content] } };
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
