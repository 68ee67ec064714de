import type { ObservedContainer } from "../port/pod-runtime.ts";
import { mayRestart } from "./restart-policy.ts";
import { latestRun, type PodView } from "./view.ts";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface PhaseResult {
  phase: PodPhase;
  /** Why a pod failed as a whole, e.g. Evicted. */
  reason?: string;
  message?: string;
}

/** The phase, from what is observed. A pod that ended stays ended. Source: kubernetes pkg/kubelet/kubelet_pods.go, getPhase. */
export function phaseOf(view: PodView): PhaseResult {
  const { pod } = view;
  const reported = pod.status?.phase;
  if (reported === "Succeeded" || reported === "Failed") {
    return {
      phase: reported,
      ...(pod.status?.reason ? { reason: pod.status.reason } : {}),
      ...(pod.status?.message ? { message: pod.status.message } : {}),
    };
  }
  const latest = (name: string) => latestRun(view.observed, name);
  const runs = pod.spec.containers.map((container) => latest(container.name));
  // Containers that are not started yet keep a pod pending only while nothing says that it is going away.
  if (runs.some((run) => run === undefined)) return { phase: pod.metadata.deletionTimestamp ? ended(view) : "Pending" };
  if (runs.some((run) => run?.state === "running")) return { phase: "Running" };
  if (pod.metadata.deletionTimestamp) return { phase: ended(view) };
  const final = (runs as ObservedContainer[]).every((run) => !mayRestart(pod, run));
  return { phase: final ? ended(view) : "Running" };
}

/** The phase of a pod of which nothing runs any more. */
function ended({ pod, observed }: PodView): PodPhase {
  const runs = pod.spec.containers.map((container) => latestRun(observed, container.name));
  if (runs.every((run) => run === undefined)) return "Pending";
  if (runs.some((run) => run?.state === "running")) return "Running";
  return runs.every((run) => run?.exitCode === 0) ? "Succeeded" : "Failed";
}
