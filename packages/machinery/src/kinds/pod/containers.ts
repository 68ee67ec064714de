import type { Container } from "./container.ts";
import type { PodSpec } from "./spec.ts";
import type { ContainerStatus, PodStatus } from "./status.ts";

/** Every container of a pod, in the order in which they start: init containers first. */
export function containersOf({ initContainers = [], containers }: Pick<PodSpec, "initContainers" | "containers">) {
  return [...initContainers, ...containers];
}

/** An init container that goes on running beside the others, and is started again whenever it ends. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}

/** What is seen of every container, init containers first. */
export function containerStatusesOf(status: PodStatus | undefined): ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}
