import { type Container, containersOf, isSidecar, type Pod } from "@drydock/machinery";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import { specHash } from "./spec-hash.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

export function restartPolicyOf(pod: Pod): RestartPolicy {
  return pod.spec.restartPolicy ?? "Always";
}

/** Whether a container that ended is started again. A sidecar always is; an init container that did its work is not. */
export function mayRestart(pod: Pod, run: ObservedContainer): boolean {
  const policy = restartPolicyOf(pod);
  const init = pod.spec.initContainers?.find(({ name }) => name === run.name);
  if (init && isSidecar(init)) return true;
  if (init) return policy !== "Never" && run.exitCode !== 0;
  return policy === "Always" || (policy === "OnFailure" && run.exitCode !== 0);
}

/** The container's image was changed while it ran. */
export function isOutdated(pod: Pod, run: ObservedContainer): boolean {
  const container = containerOf(pod, run.name);
  return container !== undefined && specHash(container) !== run.specHash;
}

/** A container of the pod by its name, be it an init container or not. */
export function containerOf(pod: Pod, name: string): Container | undefined {
  return containersOf(pod.spec).find((container) => container.name === name);
}
