import type { ObservedContainer } from "../port/pod-runtime.ts";
import { initializationOf } from "./initialization.ts";
import { mayRestart } from "./restart-policy.ts";
import { latestRun, type PodView, runningContainers } from "./view.ts";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface PhaseResult {
  phase: PodPhase;
  /** Why a pod failed as a whole, e.g. Evicted. */
  reason?: string;
  message?: string;
}

/**
 * The phase, from what is observed. A pod that ended stays ended; one whose work is done ends when its sidecars have. Source:
 * kubernetes pkg/kubelet/kubelet_pods.go, getPhase.
 */
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
  const runs = mainRuns(view);
  // Containers that are not started yet keep a pod pending only while nothing says that it is going away.
  if (pod.metadata.deletionTimestamp) return { phase: ended(view) };
  const outcome = outcomeOf(view);
  if (outcome && runningContainers(view.observed).length === 0) return { phase: outcome };
  return { phase: runs.some((run) => run === undefined) ? "Pending" : "Running" };
}

/** How the pod's work ended; undefined while there is some left. Sidecars may still run. */
export function outcomeOf(view: PodView): "Succeeded" | "Failed" | undefined {
  const reported = view.pod.status?.phase;
  if (reported === "Succeeded" || reported === "Failed") return reported;
  if (initializationOf(view).failed) return "Failed";
  const runs = mainRuns(view);
  const isFinal = runs.every((run) => run?.state === "exited" && !mayRestart(view.pod, run));
  if (!isFinal) return undefined;
  return runs.every((run) => run?.exitCode === 0) ? "Succeeded" : "Failed";
}

/** The phase of a pod that is going away. */
function ended(view: PodView): PodPhase {
  const runs = mainRuns(view);
  if (runs.every((run) => run === undefined)) return "Pending";
  if (runningContainers(view.observed).length > 0) return "Running";
  return runs.every((run) => run?.exitCode === 0) ? "Succeeded" : "Failed";
}

function mainRuns({ pod, observed }: PodView): (ObservedContainer | undefined)[] {
  return pod.spec.containers.map((container) => latestRun(observed, container.name));
}
