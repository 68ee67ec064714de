import { closeSync } from "node:fs";
import { failure } from "../errors.ts";
import { cString, syscall } from "../ffi/syscall.ts";
import { AT_FDCWD, openFlags, openHowSize, resolveFlags } from "./open-flags.ts";

/** ioctl(2) requests (include/uapi/asm-generic/ioctls.h). */
export const ttyRequests = {
  TIOCSCTTY: 0x540e,
  TIOCSWINSZ: 0x5414,
  TIOCSPTLCK: 0x40045431,
  TIOCGPTPEER: 0x5441,
} as const;

const DEVPTS_SUPER_MAGIC = 0x1cd1;

export interface Pty {
  /** What the user's side reads and writes. */
  master: number;
  /** What becomes the standard streams and the controlling terminal. */
  slave: number;
}

/**
 * A new pseudo-terminal of the devpts that this process sees at /dev/pts: inside its own mount namespace, so that
 * `tty` finds it there. Nothing is opened by a path that the container could bend: the terminal's multiplexer is
 * resolved inside its root and must be on a devpts, and its other end comes from the kernel (TIOCGPTPEER), not from a
 * name. Throws LINUX_CALL_FAILED, or LINUX_UNSUPPORTED when there is no devpts.
 */
export function openPtyOf(pid: number): Pty {
  const { O_PATH, O_CLOEXEC, O_RDWR, O_NOCTTY } = openFlags;
  const root = syscall("openat", AT_FDCWD, cString(`/proc/${pid}/root`), O_PATH | O_CLOEXEC, 0);
  let found: number | undefined;
  let master: number | undefined;
  try {
    const how = Buffer.alloc(openHowSize);
    how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC), 0);
    how.writeBigUInt64LE(BigInt(resolveFlags.RESOLVE_IN_ROOT | resolveFlags.RESOLVE_NO_MAGICLINKS), 16);
    found = syscall("openat2", root, cString("dev/pts/ptmx"), how, openHowSize);
    const filesystem = Buffer.alloc(128);
    syscall("fstatfs", found, filesystem);
    if (Number(filesystem.readBigInt64LE(0)) !== DEVPTS_SUPER_MAGIC) {
      throw failure("LINUX_UNSUPPORTED", `/dev/pts of process ${pid} is not a devpts`, {
        hint: "mount a devpts on /dev/pts",
      });
    }
    // Only now, as what it is known to be: a device of the container's own making might do something when it is opened.
    master = syscall("openat", AT_FDCWD, cString(`/proc/self/fd/${found}`), O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    syscall("ioctl", master, ttyRequests.TIOCSPTLCK, Buffer.alloc(8));
    const slave = syscall("ioctl", master, ttyRequests.TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return { master, slave };
  } catch (error) {
    if (master !== undefined) closeSync(master);
    throw error;
  } finally {
    if (found !== undefined) closeSync(found);
    closeSync(root);
  }
}

/** Tells a terminal its size, in characters; its foreground processes get SIGWINCH. */
export function resizePty(master: number, columns: number, rows: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  syscall("ioctl", master, ttyRequests.TIOCSWINSZ, size);
}
