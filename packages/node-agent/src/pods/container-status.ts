import { type Container, type ContainerState, type ContainerStatus, isSidecar, type Pod } from "@drydock/machinery";
import type { ObservedContainer } from "../port/pod-runtime.ts";
import { backoffShownAt } from "./decide.ts";
import { restartPlan } from "./restart-backoff.ts";
import { mayRestart } from "./restart-policy.ts";
import { type PodView, preparationOf, runsOf, type SyncPolicy } from "./view.ts";

/** What `kubectl get pod` shows of one container, from what is observed of it. `over`: nothing of this pod is started again. */
export function containerStatus(
  container: Container,
  over: boolean,
  view: PodView,
  policy: SyncPolicy,
): ContainerStatus {
  const [current, previous] = runsOf(view.observed, container.name);
  const waiting = waitingState(container, current, over, view, policy);
  const state: ContainerState = waiting
    ? { waiting }
    : current
      ? stateOf(current, policy)
      : { waiting: notBegun(view.pod) };
  // When the state says what the container waits for, the run that ended has become the last one.
  const last = waiting ? current : previous;
  const health = current ? view.health.get(current.id) : undefined;
  const running = state.running !== undefined;
  const started = running && (health?.started ?? true);
  return {
    name: container.name,
    image: current?.image ?? container.image ?? "",
    imageID: current?.imageId ?? "",
    ...(current ? { containerID: containerIdOf(current, policy) } : {}),
    restartCount: current?.attempt ?? 0,
    ready: isInitOnly(view.pod, container) ? current?.exitCode === 0 : started && (health?.ready ?? true),
    started,
    state,
    lastState: last?.state === "exited" ? stateOf(last, policy) : {},
  };
}

function notBegun(pod: Pod): Waiting {
  return { reason: pod.spec.initContainers?.length ? "PodInitializing" : "ContainerCreating" };
}

/** An init container that is no sidecar: it is ready when it has done its work. */
function isInitOnly(pod: Pod, container: Container): boolean {
  return !isSidecar(container) && (pod.spec.initContainers?.some(({ name }) => name === container.name) ?? false);
}

type Waiting = { reason: string; message?: string };

/** Why the container's next run has not begun, or undefined when it runs or will not run again. */
function waitingState(
  container: Container,
  current: ObservedContainer | undefined,
  over: boolean,
  view: PodView,
  policy: SyncPolicy,
): Waiting | undefined {
  if (current?.state === "running") return undefined;
  if (current && (over || !mayRestart(view.pod, current))) return undefined;
  const preparation = preparationOf(view, container);
  const failure = preparation?.state === "busy" ? preparation.after : preparation;
  if (failure && "failedAt" in failure) return failedWait(failure, container, view.now);
  if (!current) return undefined;
  const restart = restartPlan(current, policy.restartBackoff, view.observed?.sandbox);
  if (restart.at <= view.now) return undefined;
  const { name, namespace, uid } = view.pod.metadata;
  return {
    reason: "CrashLoopBackOff",
    message: `back-off ${seconds(restart.delayMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`,
  };
}

function failedWait(failure: { reason: string; message: string; failedAt: number }, container: Container, now: number) {
  if (failure.reason !== "ErrImagePull" || now < backoffShownAt(failure.failedAt)) {
    return { reason: failure.reason, message: failure.message };
  }
  return { reason: "ImagePullBackOff", message: `Back-off pulling image "${container.image}": ${failure.message}` };
}

function stateOf(run: ObservedContainer, policy: SyncPolicy): ContainerState {
  if (run.state === "running") return { running: { startedAt: wholeSeconds(run.startedAt ?? run.createdAt) } };
  const finishedAt = wholeSeconds(run.finishedAt ?? run.createdAt);
  return {
    terminated: {
      exitCode: run.exitCode ?? 137,
      reason: run.reason ?? "Error",
      ...(run.message ? { message: run.message } : {}),
      startedAt: run.startedAt ? wholeSeconds(run.startedAt) : finishedAt,
      finishedAt,
      containerID: containerIdOf(run, policy),
    },
  };
}

/** `runtime://id`, which tells whom to ask about it. */
export function containerIdOf({ id }: ObservedContainer, { runtimeName }: Pick<SyncPolicy, "runtimeName">): string {
  return `${runtimeName}://${id}`;
}

/** Times of the API have whole seconds. */
export function wholeSeconds(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Like Go's time.Duration: 10s, 2m40s. */
function seconds(ms: number): string {
  const total = Math.round(ms / 1000);
  const minutes = Math.floor(total / 60);
  return minutes === 0 ? `${total}s` : `${minutes}m${total % 60}s`;
}
