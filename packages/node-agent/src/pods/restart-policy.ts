import type { Pod } from "@drydock/machinery";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import { specHash } from "./spec-hash.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

export function restartPolicyOf(pod: Pod): RestartPolicy {
  return pod.spec.restartPolicy ?? "Always";
}

/** Whether a container that ended is started again. */
export function mayRestart(pod: Pod, run: ObservedContainer): boolean {
  const policy = restartPolicyOf(pod);
  return policy === "Always" || (policy === "OnFailure" && run.exitCode !== 0);
}

/** The container's image was changed while it ran. */
export function isOutdated(pod: Pod, run: ObservedContainer): boolean {
  const container = pod.spec.containers.find((candidate) => candidate.name === run.name);
  return container !== undefined && specHash(container) !== run.specHash;
}
