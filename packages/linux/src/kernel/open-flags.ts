import type { Architecture } from "../syscalls/numbers.ts";

/** Flags of openat(2) that are the same on every architecture that we know (include/uapi/asm-generic/fcntl.h). */
export const openFlags = {
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_RDWR: 0o2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
} as const;

/** Those that differ: arm64 inherited other values from 32-bit ARM. */
export function directoryFlags(arch: Architecture): { O_DIRECTORY: number; O_NOFOLLOW: number } {
  return arch === "arm64"
    ? { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000 }
    : { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 };
}

export const atFlags = {
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_REMOVEDIR: 0x200,
  AT_EMPTY_PATH: 0x1000,
  AT_RECURSIVE: 0x8000,
} as const;

export const AT_FDCWD = -100;

/** `resolve` of struct open_how { u64 flags, mode, resolve } (openat2(2)). */
export const resolveFlags = {
  RESOLVE_NO_XDEV: 0x1,
  RESOLVE_NO_MAGICLINKS: 0x2,
  RESOLVE_NO_SYMLINKS: 0x4,
  RESOLVE_BENEATH: 0x8,
  RESOLVE_IN_ROOT: 0x10,
} as const;
export const openHowSize = 24;
