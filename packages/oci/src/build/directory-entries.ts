import type { Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { imageError } from "../errors.ts";
import { fileChunks } from "../file-chunks.ts";
import type { NewEntry } from "../tar/write.ts";

/**
 * The entries of a directory tree, sorted by name: owners, modes, symbolic and hard links and fifos as they are, all
 * times set to `mtime` (seconds). Extended attributes are left out, because Node cannot read them. Devices and sockets
 * are refused.
 */
export async function* directoryEntries(root: string, mtime: number): AsyncGenerator<NewEntry> {
  const seen = new Map<string, string>();

  async function* walk(directory: string): AsyncGenerator<NewEntry> {
    const options = { withFileTypes: true, encoding: "buffer" } as const;
    const children: Dirent<Buffer>[] = await readdir(bytesOf(root, directory), options);
    for (const child of children.map(({ name }) => name.toString("latin1")).sort()) {
      const name = directory === "" ? child : `${directory}/${child}`;
      const path = bytesOf(root, name);
      const stats = await lstat(path);
      const common = { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, mtime };
      if (stats.isDirectory()) {
        yield { ...common, name: `${name}/`, kind: "directory" };
        yield* walk(name);
        continue;
      }
      const inode = `${stats.dev}:${stats.ino}`;
      const first = stats.nlink > 1 ? seen.get(inode) : undefined;
      if (first !== undefined) {
        yield { ...common, name, kind: "hardlink", linkname: first };
      } else if (stats.isFile()) {
        seen.set(inode, name);
        yield { ...common, name, kind: "file", content: { size: stats.size, chunks: fileChunks(path) } };
      } else if (stats.isSymbolicLink()) {
        const linkname = (await readlink(path, { encoding: "buffer" })).toString("latin1");
        yield { ...common, name, kind: "symlink", linkname };
      } else if (stats.isFIFO()) {
        yield { ...common, name, kind: "fifo" };
      } else {
        throw imageError("IMAGE_MALFORMED", `${path}: a device or socket cannot be part of an image`, {
          hint: "remove it, or build from another directory",
        });
      }
    }
  }
  yield* walk("");
}

function bytesOf(root: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from(name === "" ? "" : `/${name}`, "latin1")]);
}
