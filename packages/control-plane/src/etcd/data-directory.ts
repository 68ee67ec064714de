import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import { recordedEtcd } from "./pid-file.ts";

/** Where a managed etcd keeps what, below the directory that it was given. */
export function etcdPaths(dataDir: string): { data: string; database: string; wal: string; log: string } {
  const data = join(dataDir, "data");
  return {
    data,
    database: join(data, "member/snap/db"),
    wal: join(data, "member/wal"),
    log: join(dataDir, "etcd.log"),
  };
}

/**
 * Makes the directory or looks at what is in it. Returns whether it holds data already.
 *
 * Throws ETCD_ALREADY_RUNNING: etcd itself would wait for the other one without end and without a word.
 * Throws ETCD_DATA_CORRUPT when half of the data is gone in a way that etcd does not notice: a database without a log
 * makes it start an empty cluster on the old database, in which new writes are taken for old ones and dropped.
 */
export async function prepareDataDirectory(dataDir: string): Promise<boolean> {
  const paths = etcdPaths(dataDir);
  await makeDirectory(dataDir);
  await makeDirectory(paths.data);
  const holder = (await recordedEtcd(dataDir))?.pid ?? (await lockHolder(paths.database));
  if (holder !== undefined) {
    throw failure("ETCD_ALREADY_RUNNING", `etcd with pid ${holder} runs on ${paths.data}`, {
      hint: "this cluster is up already: use it, or take it down first",
      details: { pid: holder, path: paths.data },
    });
  }
  const hasDatabase = (await sizeOf(paths.database)) !== undefined;
  const logs = (await entries(paths.wal)).filter((name) => name.endsWith(".wal"));
  if (hasDatabase && logs.length === 0) throw dataCorrupt(paths.wal, "it has a database but no log");
  for (const name of logs) {
    const path = join(paths.wal, name);
    if ((await sizeOf(path)) === 0) throw dataCorrupt(path, "the log is empty");
  }
  return hasDatabase || logs.length > 0;
}

export function dataCorrupt(path: string, what: string, details: Record<string, unknown> = {}): Error {
  return failure("ETCD_DATA_CORRUPT", `etcd cannot use ${path}: ${what}`, {
    hint: "nothing was removed: keep a copy, then restore a snapshot (etcdctl snapshot restore), or move the directory away to start empty",
    details: { path, ...details },
  });
}

/**
 * Logs that etcd has cut off at a damaged record and kept a copy of (wal/repair.go). That is what a power cut leaves,
 * and nothing that was acknowledged is lost then; after other damage it may be.
 */
export async function repairedLogs(dataDir: string): Promise<string[]> {
  const { wal } = etcdPaths(dataDir);
  return (await entries(wal)).filter((name) => name.endsWith(".broken")).map((name) => join(wal, name));
}

/** etcd holds flock(2) on its database. The pid of the holder, from /proc/locks (proc(5)); undefined when there is none. */
async function lockHolder(path: string): Promise<number | undefined> {
  const inode = (await statIfExists(path))?.ino;
  if (inode === undefined) return undefined;
  for (const line of (await readFile("/proc/locks", "utf8")).split("\n")) {
    // "3: FLOCK  ADVISORY  WRITE 32511 fe:00:10002448 0 EOF". The device is left out: stat(2) and the kernel
    // disagree about it on overlayfs and btrfs.
    const match = /FLOCK +ADVISORY +WRITE +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line);
    if (match && Number(match[2]) === inode && (await isEtcd(Number(match[1])))) return Number(match[1]);
  }
  return undefined;
}

async function isEtcd(pid: number): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/comm`, "utf8")).trim() === "etcd";
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return false;
    throw error;
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST" && errnoOf(error) !== "ENOTDIR") throw error;
    throw dataCorrupt(path, "it, or a directory above it, is a file");
  }
}

async function entries(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    if (errnoOf(error) === "ENOTDIR") throw dataCorrupt(path, "it is not a directory");
    throw error;
  }
}

async function statIfExists(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await statIfExists(path))?.size;
}
