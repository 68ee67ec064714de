import { createRequire } from "node:module";
import { failure } from "../errors.ts";

/** The part of the ffi-rs addon that we use; its JavaScript wrapper is left out on purpose (see loadAddon). */
interface Addon {
  open(library: { library: string; path: string }): void;
  load(call: AddonCall): { value: number; errnoCode: number };
  /** The same on a thread of libuv's pool. Its errno is not that of the call. */
  load(call: AddonCall & { runInNewThread: true }): Promise<{ value: number }>;
}

export interface AddonCall {
  library: string;
  funcName: string;
  retType: number;
  paramsType: unknown[];
  paramsValue: unknown[];
  errno: true;
  freeResultMemory: false;
}

/** Values of ffi-rs's DataType and FFITypeTag that we need. */
export const ffiType = { i64: 8, u8Array: 10, bigint: 16, arrayTag: 997 } as const;
export const libc = "libc";

let addon: Addon | undefined;

/**
 * Loads ffi-rs on first use. `require("ffi-rs")` takes 5 to 10 ms, most of it to find out which libc this is by way of
 * process.report; dlopen of the addon itself takes 1 ms, so we look for the glibc build and then for the musl build.
 */
export function loadAddon(): Addon {
  if (addon) return addon;
  const fromHere = createRequire(import.meta.url);
  const fromFfi = createRequire(fromHere.resolve("ffi-rs"));
  const names = ["gnu", "musl"].map((libcName) => `@yuuang/ffi-rs-linux-${process.arch}-${libcName}`);
  let cause: unknown;
  for (const name of names) {
    try {
      const module = { exports: {} as Addon };
      process.dlopen(module, fromFfi.resolve(name));
      // An empty path means the symbols that are already loaded into this process: its own libc.
      module.exports.open({ library: libc, path: "" });
      addon = module.exports;
      return addon;
    } catch (error) {
      cause ??= error;
    }
  }
  throw failure(
    "LINUX_UNSUPPORTED",
    `no ffi-rs addon for ${process.platform} ${process.arch} (tried ${names.join(", ")})`,
    {
      hint: "install the dependencies on this machine with pnpm install",
      cause,
    },
  );
}
