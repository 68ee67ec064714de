import type { Dirent } from "node:fs";
import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { errnoOf } from "@drydock/kit";

const slash = Buffer.from("/");

/**
 * Removes a file or a directory with all that is in it and tells how many bytes of disk that freed. Works on names as
 * bytes: `fs.rm` decodes them as UTF-8 and fails on those that are not, which layers may contain. Links are removed,
 * never followed.
 */
export async function removeTree(path: string | Buffer): Promise<number> {
  const bytes = Buffer.from(path as string);
  try {
    const stats = await lstat(bytes);
    if (!stats.isDirectory()) {
      await unlink(bytes);
      return stats.nlink > 1 ? 0 : stats.blocks * 512;
    }
    let freed = stats.blocks * 512;
    const entries: Dirent<Buffer>[] = await readdir(bytes, { withFileTypes: true, encoding: "buffer" });
    for (const entry of entries) freed += await removeTree(Buffer.concat([bytes, slash, entry.name]));
    await rmdir(bytes);
    return freed;
  } catch (error) {
    // Somebody else removes the same leftovers.
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}
