import type { Duplex } from "node:stream";
import type { ContainerdProcess } from "../tasks/process.ts";
import type { CriServices } from "./api/services.ts";
import type { VersionResponse } from "./api/status.ts";

export interface CriOptions {
  /** Path of the runtime's socket; containerd's unless stated. */
  socket?: string;
}

export interface CriExec {
  command: string[];
  stdin: boolean;
  tty: boolean;
}

/**
 * A client of whatever serves CRI v1 on a socket: containerd, CRI-O. Stays usable while that is restarted: calls reject with
 * CONTAINERD_UNREACHABLE until it is back.
 */
export interface CriClient extends CriServices {
  readonly socket: string;
  /** What answered when this was connected. */
  readonly version: VersionResponse;
  /** Runs a command in a container, with its streams. */
  exec(containerId: string, request: CriExec): Promise<ContainerdProcess>;
  /** The streams of a container's first process, made with the same `stdin` and `tty`. They end with the container; how, its status says. */
  attach(containerId: string, streams: Omit<CriExec, "command">): Promise<ContainerdProcess>;
  /** One connection to a port that a process of the sandbox listens on. */
  portForward(sandboxId: string, port: number): Promise<Duplex>;
  close(): void;
}

export const defaultCriSocket = "/run/containerd/containerd.sock";

/** Resolves when the runtime has answered. Rejects with CONTAINERD_UNREACHABLE, or CONTAINERD_UNSUPPORTED where CRI v1 is not spoken. */
export async function connectCri({ socket = defaultCriSocket }: CriOptions = {}): Promise<CriClient> {
  // gRPC is loaded here, so that importing this package for a type costs nothing.
  const { openCriClient } = await import("./open-cri-client.ts");
  return openCriClient(socket);
}
