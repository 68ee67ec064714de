import { type ContainerStatus, isSidecar, type Pod, type PodCondition } from "@drydock/machinery";
import { wholeSeconds } from "./container-status.ts";
import type { PodPhase } from "./phase.ts";

export interface ConditionInput {
  pod: Pod;
  phase: PodPhase;
  initStatuses: ContainerStatus[];
  statuses: ContainerStatus[];
  sandboxReady: boolean;
  now: number;
}

type Wanted = Pick<PodCondition, "type" | "status" | "reason" | "message">;

/**
 * The pod's conditions in the words of kubelet (pkg/kubelet/status/generate.go). Conditions of others (PodScheduled's details) stay as they
 * are; lastTransitionTime moves only with the status.
 */
export function conditionsOf(input: ConditionInput): PodCondition[] {
  const { pod, now } = input;
  const existing = pod.status?.conditions ?? [];
  const containersReady = containersReadyCondition(input);
  const wanted: Wanted[] = [
    { type: "PodReadyToStartContainers", status: input.sandboxReady ? "True" : "False" },
    initializedCondition(input),
    { ...containersReady, type: "Ready" },
    containersReady,
  ];
  if (!existing.some((condition) => condition.type === "PodScheduled")) {
    wanted.push({ type: "PodScheduled", status: "True" });
  }
  const others = existing.filter((condition) => !wanted.some(({ type }) => type === condition.type));
  const ours = wanted.map((condition) => {
    const before = existing.find(({ type }) => type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: since ?? wholeSeconds(now) };
  });
  return [...ours, ...others];
}

function initializedCondition({ pod, phase, initStatuses, statuses }: ConditionInput): Wanted {
  const type = "Initialized";
  if (phase === "Succeeded") return { type, status: "True", reason: "PodCompleted" };
  // Once a container has run, the init containers had done their work, whatever is still known of them.
  const hasBegun = statuses.some(({ containerID }) => containerID !== undefined);
  const incomplete = initStatuses.filter(
    (status) => !(isSidecarNamed(pod, status.name) ? status.started : status.ready),
  );
  if (hasBegun || incomplete.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${incomplete.map(({ name }) => name).join(" ")}]`,
  };
}

function isSidecarNamed(pod: Pod, name: string): boolean {
  return pod.spec.initContainers?.some((container) => container.name === name && isSidecar(container)) ?? false;
}

function containersReadyCondition({ pod, initStatuses, statuses, phase }: ConditionInput): Wanted {
  const type = "ContainersReady";
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  const lasting = [...initStatuses.filter(({ name }) => isSidecarNamed(pod, name)), ...statuses];
  const unready = lasting.filter((status) => !status.ready).map(({ name }) => name);
  if (unready.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}
