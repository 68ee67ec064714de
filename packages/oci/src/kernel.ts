import { createRequire } from "node:module";
import { constants } from "node:os";
import { imageError } from "./errors.ts";

/**
 * The calls that unpacking and locking need and that Node does not offer. Paths are bytes: names in layers need not be UTF-8.
 * Every call is synchronous and takes some microseconds; a failure is an Error with the errno name as `code`, as Node's own.
 */
export interface Kernel {
  /** mknod(2). `mode` holds the type and the permissions; `device` is `makedev(major, minor)`. */
  mknod(path: Buffer, mode: number, device: number): void;
  /** lsetxattr(2): never follows a symbolic link at the end of the path. */
  setXattr(path: Buffer, name: string, value: Uint8Array): void;
  /** flock(2) without waiting: false when somebody else holds the lock. */
  tryLock(fd: number, kind: "shared" | "exclusive"): boolean;
}

/** SYS_mknodat: `mknodat` is a function of glibc only since 2.33, so the call is made by its number. */
const mknodatNumber: Partial<Record<NodeJS.Architecture, number>> = { x64: 259, arm64: 33 };
const AT_FDCWD = -100;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

let loaded: Kernel | undefined;

/** Loads ffi-rs at the first use (5 to 10 ms), so that importing this package for its types stays free. */
export function kernel(): Kernel {
  loaded ??= loadKernel();
  return loaded;
}

function loadKernel(): Kernel {
  const { DataType, load, open } = createRequire(import.meta.url)("ffi-rs") as typeof import("ffi-rs");
  open({ library: "drydock-oci-libc", path: "libc.so.6" });
  const { I32, I64, U64, U8Array } = DataType;

  function call(funcName: string, paramsType: number[], paramsValue: unknown[]): number {
    const result = load({
      library: "drydock-oci-libc",
      funcName,
      retType: funcName === "syscall" ? I64 : I32,
      paramsType,
      paramsValue,
      errno: true,
    } as Parameters<typeof load>[0]) as unknown as { value: number; errnoCode: number };
    return result.value < 0 ? -result.errnoCode : result.value;
  }

  function check(result: number, what: string, path: Buffer): void {
    if (result >= 0) return;
    const code = errnoName(-result);
    throw Object.assign(new Error(`${code}: ${what} '${path.toString()}'`), { code, errno: result, syscall: what });
  }

  return {
    mknod(path, mode, device) {
      const number = mknodatNumber[process.arch];
      if (number === undefined) {
        throw imageError("IMAGE_STORE_UNUSABLE", `device nodes cannot be made on ${process.arch}`, {
          hint: "use an x64 or arm64 machine",
        });
      }
      check(
        call("syscall", [I64, I64, U8Array, I64, I64], [number, AT_FDCWD, terminated(path), mode, device]),
        "mknod",
        path,
      );
    },
    setXattr(path, name, value) {
      // An empty Buffer has no address to pass, so one byte is handed over and the size says how much of it counts.
      const bytes = value.length === 0 ? Buffer.alloc(1) : Buffer.from(value);
      const args = [terminated(path), terminated(Buffer.from(name)), bytes, value.length, 0];
      check(call("lsetxattr", [U8Array, U8Array, U8Array, U64, I32], args), `lsetxattr ${name}`, path);
    },
    tryLock(fd, kind) {
      const result = call("flock", [I32, I32], [fd, (kind === "shared" ? LOCK_SH : LOCK_EX) | LOCK_NB]);
      if (result === -constants.errno.EWOULDBLOCK || result === -constants.errno.EINTR) return false;
      check(result, `flock ${kind}`, Buffer.from(`fd ${fd}`));
      return true;
    },
  };
}

function terminated(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(1)]);
}

function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === errno) return name;
  return `E${errno}`;
}
