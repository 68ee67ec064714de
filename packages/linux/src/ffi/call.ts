import { type AddonCall, ffiType, libc, loadAddon } from "./addon.ts";

/** A number goes as it is, a Uint8Array as the address of its bytes. Addresses and flags above 2^53 come as bigint. */
export type NativeArgument = number | bigint | Uint8Array;

export interface NativeResult {
  value: number;
  /** Only meaningful when `value` says that the call failed: libc leaves it alone otherwise. */
  errno: number;
}

/** Calls a function of libc on this thread: synchronous, 5 to 10 microseconds. All arguments are 64 bits wide. */
export function callLibc(name: string, args: readonly NativeArgument[]): NativeResult {
  const result = loadAddon().load(callOf(name, args));
  return { value: result.value, errno: result.errnoCode };
}

/**
 * Calls a function on another thread, for one that takes long; gives its result. Only for what says in its result what
 * went wrong, since errno gets lost, and what does not depend on the thread. Memory must stay as it is until then.
 */
export async function callLibcInThread(name: string, args: readonly NativeArgument[]): Promise<number> {
  const { value } = await loadAddon().load({ ...callOf(name, args), runInNewThread: true });
  return value;
}

function callOf(name: string, args: readonly NativeArgument[]): AddonCall {
  return {
    library: libc,
    funcName: name,
    retType: ffiType.i64,
    paramsType: args.map(typeOf),
    paramsValue: [...args],
    errno: true,
    freeResultMemory: false,
  };
}

function typeOf(arg: NativeArgument): unknown {
  if (typeof arg === "number") return ffiType.i64;
  if (typeof arg === "bigint") return ffiType.bigint;
  return { ffiTypeTag: ffiType.arrayTag, type: ffiType.u8Array, length: arg.length };
}
