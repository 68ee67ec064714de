import type { Errno } from "@drydock/linux";

/**
 * The calls that unpacking and locking need and that Node does not offer. Paths are bytes: names in layers need not be
 * UTF-8. Every call is synchronous, takes some microseconds, and throws LINUX_CALL_FAILED.
 */
export interface Kernel {
  /** mknod(2). `mode` holds the type and the permissions; `device` is the number that the kernel takes. */
  mknod(path: Buffer, mode: number, device: number): void;
  /**
   * lsetxattr(2), with the name as a byte string: never follows a symbolic link at the end of the path. False when the
   * file or its filesystem takes no such attribute.
   */
  setXattr(path: Buffer, name: string, value: Uint8Array): boolean;
  /** flock(2) without waiting: false when somebody else holds the lock. */
  tryLock(fd: number, kind: "shared" | "exclusive"): boolean;
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * user.* is for files and directories only (EPERM); POSIX ACLs are checked for sense (EINVAL); the rest is up to the
 * filesystem.
 */
const attributeRefused: readonly Errno[] = ["EOPNOTSUPP", "EPERM", "EINVAL"];

/** Loaded at the first use, so that importing this package for its types stays cheap. */
export async function loadKernel(): Promise<Kernel> {
  const { AT_FDCWD, syscall, syscallUnless } = await import("@drydock/linux");
  const terminated = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]);
  return {
    mknod(path, mode, device) {
      syscall("mknodat", AT_FDCWD, terminated(path), mode, device);
    },
    setXattr(path, name, value) {
      // An empty Buffer has no address to pass, so one byte is handed over and the size says how much of it counts.
      const bytes = value.length === 0 ? Buffer.alloc(1) : value;
      const args = [terminated(path), terminated(Buffer.from(name, "latin1")), bytes, value.length, 0] as const;
      return syscallUnless(attributeRefused, "lsetxattr", ...args) !== undefined;
    },
    tryLock(fd, kind) {
      const operation = (kind === "shared" ? LOCK_SH : LOCK_EX) | LOCK_NB;
      return syscallUnless(["EAGAIN", "EINTR"], "flock", fd, operation) !== undefined;
    },
  };
}
