import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** In overlayfs: a whiteout in a directory that only one layer has is listed by readdir(2), though nothing is there. */
export const listedOnly = "listed, but not there";

/**
 * What is at each path below `root` (byte strings): type, mode, owner, time in seconds, content or target; files with
 * several names are told by the first.
 */
export function treeSnapshot(root: string, { times = true } = {}): Map<string, string> {
  const lines = new Map<string, string>();
  const inodes = new Map<number, string>();
  const walk = (path: string): void => {
    const bytes = Buffer.concat([Buffer.from(root), Buffer.from(path === "" ? "" : `/${path}`, "latin1")]);
    const stats = lstatSync(bytes, { throwIfNoEntry: false });
    if (stats === undefined) {
      lines.set(path, listedOnly);
      return;
    }
    const mode = (stats.mode & 0o7777).toString(8);
    const time = times ? ` t=${Math.floor(stats.mtimeMs / 1000)}` : "";
    const common = `${stats.uid}:${stats.gid}${time}`;
    if (stats.isDirectory()) {
      lines.set(path, `directory ${mode} ${common}`);
      for (const name of readdirSync(bytes, { encoding: "buffer" })
        .map((item) => item.toString("latin1"))
        .sort()) {
        walk(path === "" ? name : `${path}/${name}`);
      }
    } else if (stats.isSymbolicLink()) {
      lines.set(path, `symlink ${common} -> ${readlinkSync(bytes, { encoding: "buffer" }).toString("latin1")}`);
    } else if (inodes.has(stats.ino)) {
      lines.set(path, `same file as ${inodes.get(stats.ino)}`);
    } else {
      inodes.set(stats.ino, path);
      const type = stats.isFile() ? `file ${hash(bytes)}` : stats.isFIFO() ? "fifo" : `device ${stats.rdev}`;
      lines.set(path, `${type} ${mode} ${common}`);
    }
  };
  walk("");
  return lines;
}

function hash(path: Buffer): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}
