import type { ContainerStatus } from "@drydock/containerd";
import { runcFailure } from "../containerd/runc-failure.ts";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import { labels, noteOf } from "./labels.ts";

/** A run as the agent sees it; undefined for a container that is not one of ours. Pure. */
export function observedRun(status: ContainerStatus): ObservedContainer | undefined {
  const note = noteOf(status.annotations);
  const podUid = status.labels[labels.podUid];
  if (!note || !status.metadata || podUid === undefined) return undefined;
  const { name, attempt } = status.metadata;
  const base = { id: status.id, podUid, name, attempt, ...note, createdAt: isoOfNs(status.createdAt) };
  switch (status.state) {
    case "CONTAINER_CREATED":
      return { ...base, state: "created" };
    case "CONTAINER_RUNNING":
      return { ...base, state: "running", startedAt: isoOfNs(status.startedAt) };
    case "CONTAINER_EXITED":
      // Whoever asked for the start was killed before it was done, and the runtime gave up: nothing ran.
      if (status.startedAt === 0 && /context canceled/.test(status.message)) return { ...base, state: "created" };
      return { ...base, state: "exited", ...endOf(status) };
    default:
      // The runtime itself lost it: its shim is gone or cannot be asked.
      return {
        ...base,
        state: "exited",
        finishedAt: isoOfNs(status.finishedAt || status.startedAt || status.createdAt),
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was looked at",
      };
  }
}

function endOf(status: ContainerStatus) {
  const finishedAt = isoOfNs(status.finishedAt);
  if (status.startedAt === 0) {
    // containerd calls every start that failed StartError, 128; what could not be executed is in its text only.
    const { reason, message, exitCode } = runcFailure(status.message || status.reason);
    return { finishedAt, exitCode, reason, message };
  }
  const { exitCode, message } = status;
  return {
    startedAt: isoOfNs(status.startedAt),
    finishedAt,
    exitCode,
    reason: status.reason || (exitCode === 0 ? "Completed" : "Error"),
    ...(message === "" ? {} : { message }),
  };
}

/** CRI counts ns since the epoch. */
export function isoOfNs(ns: number): string {
  return new Date(ns / 1e6).toISOString();
}
