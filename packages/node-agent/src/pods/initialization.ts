import { type Container, isSidecar } from "@drydock/machinery";
import type { ObservedContainer, ObservedSandbox } from "../port/pod-runtime.ts";
import { restartPolicyOf } from "./restart-policy.ts";
import { latestRun, type PodView } from "./view.ts";

/** How far the init containers of a pod have come. */
export interface Initialization {
  /** Those that have to be started or kept running now: the one whose turn it is, and every sidecar up to it. */
  active: readonly Container[];
  /** The containers proper may start. */
  complete: boolean;
  /** One failed and is not tried again: the pod has failed. */
  failed: boolean;
}

/**
 * Init containers run one after the other, each to a good end; a sidecar only has to have started. They run again when the pod gets a new
 * sandbox, because what they prepared may have gone with the old one. Pure. Source: kubernetes pkg/kubelet/kuberuntime,
 * computeInitContainerActions.
 */
export function initializationOf(view: PodView): Initialization {
  const { pod, observed } = view;
  const sandbox = observed?.sandbox;
  const runOf = ({ name }: Container): ObservedContainer | undefined => {
    const run = latestRun(observed, name);
    return run && isOfSandbox(run, sandbox) ? run : undefined;
  };
  // Runs of init containers may have been removed; that a container started says that they were done.
  const wasComplete = pod.spec.containers.some((container) => runOf(container) !== undefined);
  const active: Container[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const run = runOf(container);
    if (isSidecar(container)) {
      active.push(container);
      if (!wasComplete && !hasStarted(container, run, view)) return { active, complete: false, failed: false };
    } else if (!wasComplete && !(run?.state === "exited" && run.exitCode === 0)) {
      active.push(container);
      const failed = run?.state === "exited" && restartPolicyOf(pod) === "Never";
      return { active, complete: false, failed };
    }
  }
  return { active, complete: true, failed: false };
}

/** A run from before the sandbox belongs to an earlier one. */
export function isOfSandbox(run: ObservedContainer, sandbox: ObservedSandbox | undefined): boolean {
  return sandbox?.state === "ready" && sandbox.createdAt <= run.createdAt;
}

function hasStarted(container: Container, run: ObservedContainer | undefined, view: PodView): boolean {
  if (run?.state !== "running") return false;
  return view.health.get(run.id)?.started ?? container.startupProbe === undefined;
}
