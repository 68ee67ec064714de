import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "@drydock/kit";

export interface RotationPolicy {
  /** A file that has grown beyond this is put aside, bytes. */
  maxBytes: number;
  /** How many files one run of a container may have, the live one included. */
  maxFiles: number;
}

/** kubelet's containerLogMaxSize and containerLogMaxFiles. */
export const defaultRotation: RotationPolicy = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/**
 * The log file of one run of a container: appends whole entries, in order, and rotates by size
 * (`0.log` becomes `0.log.20261121-085120.000`; the next entry begins a new `0.log`).
 */
export class LogFile {
  readonly path: string;
  readonly #policy: RotationPolicy;
  #file: FileHandle | undefined;
  #size = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, policy: RotationPolicy = defaultRotation) {
    this.path = path;
    this.#policy = policy;
  }

  /** Resolves when the entries are in the file. Calls are carried out in order. */
  append(entries: Buffer): Promise<void> {
    if (entries.length === 0) return this.#last;
    const result = this.#last.then(() => this.#write(entries));
    // The next write is tried also when this one failed (disk full for a moment); the caller of this one hears of it.
    this.#last = result.catch(() => {});
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(entries: Buffer): Promise<void> {
    const file = this.#file ?? (await this.#open());
    await file.appendFile(entries);
    this.#size += entries.length;
    if (this.#size > this.#policy.maxBytes) await this.#rotate();
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.path, "a", 0o640).catch(async (error: unknown) => {
      if (errnoOf(error) !== "ENOENT") throw error;
      await mkdir(dirname(this.path), { recursive: true, mode: 0o755 });
      return open(this.path, "a", 0o640);
    });
    this.#size = (await file.stat()).size;
    this.#file = file;
    return file;
  }

  async #rotate(): Promise<void> {
    await putLogAside(this.path, this.#policy);
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** Renames a live log, and removes the oldest of those that were put aside before. Whoever writes it must open it anew. */
export async function putLogAside(path: string, { maxFiles }: RotationPolicy): Promise<void> {
  const stamp = new Date().toISOString().replace(/[-:Z]/g, "").replace("T", "-");
  await rename(path, `${path}.${stamp}`);
  const old = await rotatedLogs(path);
  for (const one of old.slice(0, Math.max(0, old.length - (maxFiles - 1)))) await rm(one, { force: true });
}

/** The files that were put aside for a live log, oldest first. */
export async function rotatedLogs(path: string): Promise<string[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => join(dirname(path), name));
}
