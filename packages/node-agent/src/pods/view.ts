import type { BackoffPolicy } from "@drydock/kit";
import type { Container, Pod } from "@drydock/machinery";
import type { NodeImage, ObservedContainer, ObservedPod } from "../port/pod-runtime.ts";

/** All that is known about one pod at one moment: what decisions and status are computed from. */
export interface PodView {
  pod: Pod;
  observed: ObservedPod | undefined;
  /** What the probes say, by container id. Absent: nothing has been probed yet. */
  health: ReadonlyMap<string, ContainerHealth>;
  /** How far the next run of a container has been prepared, by container name. */
  preparations: ReadonlyMap<string, Preparation>;
  /** Containers that have been asked to stop: id to the moment at which they are killed, ms since the epoch. */
  stopping: ReadonlyMap<string, number>;
  /** The last attempt to make the sandbox failed. */
  sandboxFailure?: Obstacle;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface ContainerHealth {
  /** The startup probe has succeeded, or there is none. */
  started: boolean;
  ready: boolean;
  /** Which probe wants the container replaced. */
  failed?: "liveness" | "startup";
}

/** What must be had before a container can start: its image and a complete configuration. `reference`: the image that it is for. */
export type Preparation = {
  reference: string;
} /** `after`: what the try before this one failed for. It is shown until this one knows better, as the kubelet does. */ & (
  | { state: "busy"; after?: Obstacle }
  | { state: "done"; image: NodeImage }
  | ({ state: "failed" } & Obstacle)
);

/** How far the container's next run is prepared; what was done for another image does not count. */
export function preparationOf(view: Pick<PodView, "preparations">, container: Container): Preparation | undefined {
  const preparation = view.preparations.get(container.name);
  return preparation?.reference === container.image ? preparation : undefined;
}

export interface Obstacle {
  /** ErrImagePull, ErrImageNeverPull, InvalidImageName, CreateContainerConfigError … */
  reason: string;
  message: string;
  failedAt: number;
  /** The next try, ms since the epoch. */
  retryAt: number;
}

export interface SyncPolicy {
  restartBackoff: BackoffPolicy;
  imageBackoff: BackoffPolicy;
  /** What runs the containers: drydock-native, containerd. */
  runtimeName: string;
  /** For pods that vanished from the API without a grace period of their own, ms. */
  orphanGraceMs: number;
}

/** kubelet's: back-offs of 10 s, doubling, at most 5 min. */
export const defaultSyncPolicy: SyncPolicy = {
  restartBackoff: { initialMs: 10_000, maxMs: 300_000 },
  imageBackoff: { initialMs: 10_000, maxMs: 300_000 },
  runtimeName: "drydock-native",
  orphanGraceMs: 2_000,
};

/** The runs of one container, newest first, without those that never came to be started. */
export function runsOf(observed: ObservedPod | undefined, name: string): ObservedContainer[] {
  return (observed?.containers ?? []).filter((run) => run.name === name && run.state !== "created");
}

export function latestRun(observed: ObservedPod | undefined, name: string): ObservedContainer | undefined {
  return runsOf(observed, name)[0];
}

export function runningContainers(observed: ObservedPod | undefined): ObservedContainer[] {
  return (observed?.containers ?? []).filter((run) => run.state === "running");
}
