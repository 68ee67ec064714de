import { type Logger, silentLogger } from "@drydock/kit";
import type { CallOptions } from "./api/call.ts";
import type { ContainerdServices } from "./api/services.ts";
import type { Options as RuncOptions } from "./api/tasks.ts";
import type { VersionResponse } from "./api/version.ts";
import type { ContainerClient } from "./containers/container-client.ts";
import type { ContainerdEvent } from "./events/decode-event.ts";
import type { ImageClient } from "./images/image-client.ts";
import type { TaskClient } from "./tasks/task-client.ts";

export interface ContainerdOptions {
  /** Path of containerd's socket; /run/containerd/containerd.sock unless stated. */
  socket?: string;
  /** containerd's namespace: containers, images and tasks of one are not seen in another. */
  namespace: string;
  /** overlayfs unless stated. */
  snapshotter?: string;
  /** How runc is called for containers that do not say it themselves. */
  runtime?: RuncOptions;
  logger?: Logger;
}

/**
 * A client of a running containerd, 1.6 to 2.x, in one of its namespaces. Stays usable while containerd is restarted: calls reject with
 * CONTAINERD_UNREACHABLE until it is back. `services` has every call as it is on the wire; the others put them together.
 */
export interface ContainerdClient {
  readonly socket: string;
  readonly namespace: string;
  readonly services: ContainerdServices;
  readonly images: ImageClient;
  readonly containers: ContainerClient;
  readonly tasks: TaskClient;
  version(options?: CallOptions): Promise<VersionResponse>;
  /**
   * What happens in this namespace from the moment at which this resolves, until the signal is aborted. Throws CONTAINERD_UNREACHABLE to its
   * reader when containerd goes: then subscribe anew, and list what may have been missed.
   */
  subscribe(signal: AbortSignal): Promise<AsyncIterable<ContainerdEvent>>;
  close(): void;
}

/** Resolves when containerd has answered. Rejects with CONTAINERD_UNREACHABLE. */
export async function connectContainerd(options: ContainerdOptions): Promise<ContainerdClient> {
  // gRPC is loaded here, so that importing this package for a type costs nothing.
  const { openClient } = await import("./open-client.ts");
  const client = await openClient({
    socket: "/run/containerd/containerd.sock",
    snapshotter: "overlayfs",
    runtime: {},
    logger: silentLogger,
    ...options,
  });
  try {
    await client.version({ timeoutMs: 10_000 });
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}
