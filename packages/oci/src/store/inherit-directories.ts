import { chmodSync, chownSync, lstatSync, type Stats, utimesSync } from "node:fs";

/**
 * Tools such as ko and bazel leave parent directories out of their layers. In overlayfs the upper directory's owner and
 * mode win, so a made-up `tmp` (root, 0755) would take the 1777 from the base image's. Which of `implicit` (byte
 * strings) are directories in `lowers` (top-most first), and as what?
 */
export function inheritedDirectories(implicit: readonly string[], lowers: readonly string[]): Map<string, Stats> {
  const found = new Map<string, Stats>();
  for (const path of implicit) {
    for (const lower of lowers) {
      const seen = lookUp(lower, path);
      if (seen === undefined) continue;
      if (seen.isDirectory() && !isOrdinary(seen)) found.set(path, seen);
      break;
    }
  }
  return found;
}

export function inheritDirectories(root: string, inherited: ReadonlyMap<string, Stats>): void {
  for (const [path, stats] of inherited) {
    const bytes = child(root, path);
    chownSync(bytes, stats.uid, stats.gid);
    chmodSync(bytes, stats.mode & 0o7777);
    utimesSync(bytes, stats.atime, stats.mtime);
  }
}

/** What a made-up directory looks like anyhow. */
function isOrdinary({ uid, gid, mode }: Stats): boolean {
  return uid === 0 && gid === 0 && (mode & 0o7777) === 0o755;
}

/**
 * What a layer has at a path, or at the first of its parents that is no directory (it hides what is below); links are
 * not followed.
 */
function lookUp(root: string, path: string): Stats | undefined {
  const components = path.split("/");
  let stats: Stats | undefined;
  for (let depth = 1; depth <= components.length; depth++) {
    stats = lstatSync(child(root, components.slice(0, depth).join("/")), { throwIfNoEntry: false });
    if (!stats?.isDirectory()) return stats;
  }
  return stats;
}

function child(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}
