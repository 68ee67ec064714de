import { closeSync, constants, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { decodeWaitStatus, readableFrom, type WaitStatus } from "@drydock/linux";
import { gateFiles } from "../compile/kept.ts";
import { shimFiles } from "../compile/shim.ts";

/** The pid of the shim; only meaningful while shimState says that it is alive. */
export function readShimPid(directory: string): number | undefined {
  const bytes = readWritten(join(directory, shimFiles.shim), 8);
  return bytes && Number(bytes.readBigUInt64LE(0));
}

/** The pid of the first process, once the shim has forked it. */
export function readPid(directory: string): number | undefined {
  const bytes = readWritten(join(directory, shimFiles.pid), 8);
  return bytes && Number(bytes.readBigUInt64LE(0));
}

export interface ObservedExit extends WaitStatus {
  finishedAt: string;
}

/** How the container ended, once the shim has written it down. */
export function readExit(directory: string): ObservedExit | undefined {
  const path = join(directory, shimFiles.exit);
  const bytes = readWritten(path, 4);
  if (!bytes) return undefined;
  return { ...decodeWaitStatus(bytes.readUInt32LE(0)), finishedAt: statSync(path).mtime.toISOString() };
}

/** Undefined also when it is shorter: the shim has just made the file and not written it yet, or could not on a full disk. */
function readWritten(path: string, size: number): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length < size ? undefined : bytes;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** `none`: it has not got as far as making its FIFO, or was never started. */
export type ShimState = "none" | "alive" | "gone";

export function shimState(directory: string): ShimState {
  return holderOf(join(directory, shimFiles.alive));
}

/** The first process has not passed its last gate: it holds the gate's FIFO, and is the one of the file `pid`. */
export function waitsForStart(directory: string): boolean {
  return holderOf(join(directory, gateFiles("start").report)) === "alive";
}

/** Whether the process that holds a FIFO open, both ends in one, is there. */
function holderOf(fifo: string): ShimState {
  const opened = openHeld(fifo);
  if (typeof opened === "string") return opened;
  closeSync(opened);
  return "alive";
}

/**
 * Resolves when the shim has ended; at once when it is not there. Waits for the end of a FIFO that only the shim holds
 * open: an event of the kernel for any process, without inotify (128 instances per user) and without polling.
 */
export function shimEnded(directory: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const opened = openHeld(join(directory, shimFiles.alive));
    if (typeof opened === "string") return resolve();
    const stream = readableFrom(opened);
    const abort = (): void => {
      stream.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    stream.once("error", reject);
    stream.once("close", () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    stream.resume();
  });
}

/** A descriptor that gets end of file with the holder. Without a writer the first read says so: no event would come. */
function openHeld(fifo: string): number | "none" | "gone" {
  let fd: number;
  try {
    fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return "none";
    throw error;
  }
  try {
    readSync(fd, Buffer.alloc(1));
  } catch (error) {
    if (errnoOf(error) === "EAGAIN") return fd;
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return "gone";
}
