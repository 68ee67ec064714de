import { failure } from "../errors.ts";
import { errnoName, errnoText } from "../kernel/errno.ts";
import { callLibc, callLibcInThread, type NativeArgument } from "./call.ts";
import { syscall } from "./syscall.ts";

const scratchSize = 4096;
/** MAP_PRIVATE | MAP_ANONYMOUS with PROT_READ | PROT_WRITE: memory of a known address for argv, which ffi-rs cannot lay out. */
const mapping = { protection: 0x3, flags: 0x22 };
const spawnFlags = { POSIX_SPAWN_SETSIGDEF: 0x04, POSIX_SPAWN_SETSIGMASK: 0x08 };
const CLOSE_RANGE_CLOEXEC = 4;

/** Pieces of memory that no launch uses at the moment: each that is under way has one of its own. */
const freeScratch: number[] = [];
let attributes: Buffer | undefined;

export interface SpawnRequest {
  /** Executable; `/proc/self/fd/N` for a memfd. */
  path: string;
  /** The N of such a path: the descriptor is not overwritten while the others are put into place. At least `firstFree`. */
  image?: number;
  argv: readonly string[];
  env?: readonly string[];
  /** Descriptors that the child gets as 3, 4, 5 … in this order. Everything else but 0 to 2 is closed. */
  inherit: readonly number[];
}

/**
 * posix_spawn(3): the child starts with default signal handlers, no blocked signals and exactly the descriptors of
 * `inherit`, and the calling thread is stopped until execve has happened (vfork), about 0.2 ms: it is not JavaScript's.
 * Unlike child_process.spawn, libuv does not know the child: whoever calls this waits for it (see reapChild).
 */
export async function spawnProcess(request: SpawnRequest): Promise<number> {
  const call = spawnCall(request);
  try {
    return call.pid(await callLibcInThread("posix_spawn", call.args));
  } finally {
    call.dispose();
  }
}

/** The same on this thread, for who has nothing else to do meanwhile. */
export function spawnProcessNow(request: SpawnRequest): number {
  const call = spawnCall(request);
  try {
    return call.pid(callLibc("posix_spawn", call.args).value);
  } finally {
    call.dispose();
  }
}

interface SpawnCall {
  args: NativeArgument[];
  /** The child's pid; throws LINUX_LAUNCH_FAILED for an error number. */
  pid(error: number): number;
  dispose(): void;
}

function spawnCall(request: SpawnRequest): SpawnCall {
  const attributesOfAll = prepared();
  const scratch = freeScratch.pop() ?? syscall("mmap", 0, scratchSize, mapping.protection, mapping.flags, -1, 0);
  const actions = Buffer.alloc(256);
  const dispose = (): void => {
    callLibc("posix_spawn_file_actions_destroy", [actions]);
    freeScratch.push(scratch);
  };
  callLibc("posix_spawn_file_actions_init", [actions]);
  try {
    const strings = layOut(scratch, request);
    copyTo(scratch, strings.bytes);
    const moved = moves(request.inherit, request.image);
    for (const [from, to] of moved) callLibc("posix_spawn_file_actions_adddup2", [actions, from, to]);
    // A dup2 clears close-on-exec: numbers that were only in between would stay open, and a pipe would never end.
    const last = firstInherited + request.inherit.length - 1;
    for (const [, to] of moved) if (to > last) callLibc("posix_spawn_file_actions_addclose", [actions, to]);
    const pid = Buffer.alloc(8);
    return {
      args: [pid, strings.path, actions, attributesOfAll, strings.argv, strings.env],
      pid(error) {
        if (error !== 0) throw spawnFailed(request.path, errnoName(error));
        return pid.readInt32LE(0);
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** What all children have in common; made once. */
function prepared(): Buffer {
  if (attributes) return attributes;
  // Node opens everything close-on-exec, and so do we, but whoever started Node may have left descriptors open.
  syscall("close_range", 3, 0xffffffff, CLOSE_RANGE_CLOEXEC);
  attributes = spawnAttributes();
  return attributes;
}

/** First descriptor that an inherited one becomes. */
export const firstInherited = 3;

/** Descriptors from here on are never targets: no process inherits so many. */
export const firstFree = 64;

/**
 * dup2 calls that bring the descriptors to 3, 4, 5 … (a dup2 to the same number clears close-on-exec). Where a target
 * number is one of the sources, all are moved out of the way first, and never onto `image`: the child still opens that
 * one, by its number, after all of these.
 */
export function moves(fds: readonly number[], image = -1): [from: number, to: number][] {
  const last = firstInherited + fds.length - 1;
  const direct = fds.map((fd, index): [number, number] => [fd, firstInherited + index]);
  if (fds.every((fd) => fd > last)) return direct;
  const free = Math.max(last, image, ...fds) + 1;
  return [
    ...fds.map((fd, index): [number, number] => [fd, free + index]),
    ...fds.map((_, index): [number, number] => [free + index, firstInherited + index]),
  ];
}

/** Waits for a child of spawnProcess that has ended or is about to; gives the raw wait status. Never use it on a child that lives long. */
export function reapChild(pid: number): number {
  const status = Buffer.alloc(8);
  syscall("wait4", pid, status, 0, 0);
  return status.readInt32LE(0);
}

function spawnAttributes(): Buffer {
  const all = Buffer.alloc(128, 0xff);
  const none = Buffer.alloc(128);
  const result = Buffer.alloc(512);
  callLibc("posix_spawnattr_init", [result]);
  callLibc("posix_spawnattr_setsigdefault", [result, all]);
  callLibc("posix_spawnattr_setsigmask", [result, none]);
  callLibc("posix_spawnattr_setflags", [result, spawnFlags.POSIX_SPAWN_SETSIGDEF | spawnFlags.POSIX_SPAWN_SETSIGMASK]);
  return result;
}

/** Strings and the two pointer arrays, as bytes for address `base`. */
function layOut(base: number, request: SpawnRequest) {
  const texts = [request.path, ...request.argv, ...(request.env ?? [])].map((text) => Buffer.from(`${text}\0`));
  const pointerCount = request.argv.length + 1 + (request.env?.length ?? 0) + 1;
  const bytes = Buffer.concat([Buffer.alloc(pointerCount * 8), ...texts]);
  if (bytes.length > scratchSize) {
    throw failure(
      "LINUX_LAUNCH_FAILED",
      `the arguments for ${request.path} take ${bytes.length} bytes, more than ${scratchSize}`,
    );
  }
  let address = base + pointerCount * 8;
  const addresses = texts.map((text) => {
    const start = address;
    address += text.length;
    return start;
  });
  let slot = 0;
  for (const [index, start] of addresses.entries()) {
    if (index === 0) continue;
    if (index === request.argv.length + 1) slot++;
    bytes.writeBigUInt64LE(BigInt(start), slot++ * 8);
  }
  return { bytes, path: base + pointerCount * 8, argv: base, env: base + (request.argv.length + 1) * 8 };
}

function copyTo(address: number, bytes: Uint8Array): void {
  callLibc("memcpy", [address, bytes, bytes.length]);
}

function spawnFailed(path: string, errno: string) {
  return failure("LINUX_LAUNCH_FAILED", `posix_spawn(${path}) = ${errno}: ${errnoText(errno)}`, {
    details: { call: "posix_spawn", path, errno },
  });
}
