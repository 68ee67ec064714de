import type { Any } from "../api/common.ts";
import { containerdError } from "../errors.ts";

/** Names under which containerd's own clients put documents of the OCI runtime specification into an Any, as JSON. */
export const specType = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
export const processType = "types.containerd.io/opencontainers/runtime-spec/1/Process";
export const runcOptionsType = "containerd.runc.v1.Options";

export function jsonAny(type: string, value: object): Any {
  return { type_url: type, value: Buffer.from(JSON.stringify(value)) };
}

/** The JSON in an Any. Throws CONTAINERD_BAD_CONTENT when there is none. */
export function readJsonAny<T>(what: string, any: Any | null | undefined): T {
  try {
    return JSON.parse(Buffer.from(any?.value ?? []).toString()) as T;
  } catch (cause) {
    throw containerdError("CONTAINERD_BAD_CONTENT", `${what} is not JSON`, { details: { type: any?.type_url }, cause });
  }
}
