import { DrydockError, messageOf } from "@drydock/kit";
import { type ServiceError, status } from "@grpc/grpc-js";
import { containerdError } from "../errors.ts";

/** What a failed call was for, to say so. */
export interface CallFacts {
  /** `Tasks.Create` */
  call: string;
  socket: string;
  signal?: AbortSignal | undefined;
  /** The time for it was over: containerd may notice that before we do, and answers with an error without a code. */
  late: boolean;
}

/** Turns what gRPC throws into one of our errors; who was aborted gets the reason of the abort. */
export function callError(error: unknown, { call, socket, signal, late }: CallFacts): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof DrydockError || !isServiceError(error)) return error;
  const text = error.details || messageOf(error);
  const details = { call, grpc: status[error.code] };
  const options = { details, cause: error };
  switch (late ? status.DEADLINE_EXCEEDED : error.code) {
    case status.NOT_FOUND:
      return containerdError("CONTAINERD_NOT_FOUND", text, options);
    case status.ALREADY_EXISTS:
      return containerdError("CONTAINERD_EXISTS", text, options);
    case status.FAILED_PRECONDITION:
      return containerdError("CONTAINERD_BAD_STATE", text, options);
    case status.DEADLINE_EXCEEDED:
      return containerdError("CONTAINERD_TIMEOUT", `${call}: containerd did not answer in time`, {
        ...options,
        hint: "look at containerd's log; a shim that hangs holds up the calls for its container",
      });
    case status.UNIMPLEMENTED:
      return containerdError("CONTAINERD_UNSUPPORTED", `${call} is not known to the runtime at ${socket}`, {
        ...options,
        hint: "a newer version of it may know the call",
      });
    case status.UNAVAILABLE:
      return unreachable(socket, text, details, error);
    case status.UNKNOWN:
      // What the CRI plugin of containerd 1.x says for a moment after its start.
      if (/not initialized yet/.test(text)) return unreachable(socket, text, details, error);
      return containerdError("CONTAINERD_FAILED", `${call}: ${text}`, options);
    default:
      return containerdError("CONTAINERD_FAILED", `${call}: ${text}`, options);
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "metadata" in error;
}

export function unreachable(socket: string, text: string, details: Record<string, unknown>, cause?: unknown) {
  return containerdError("CONTAINERD_UNREACHABLE", `containerd at ${socket}: ${text}`, {
    details,
    hint: "start containerd, or give the path of its socket; the socket is root's",
    cause,
  });
}
