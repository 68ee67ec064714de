import { type Container, isSidecar, type Pod } from "@drydock/machinery";
import type { NodeImage, ObservedContainer } from "../port/pod-runtime.ts";
import { initializationOf, isOfSandbox } from "./initialization.ts";
import { outcomeOf } from "./phase.ts";
import { restartPlan } from "./restart-backoff.ts";
import { isOutdated, mayRestart } from "./restart-policy.ts";
import { latestRun, type PodView, preparationOf, runningContainers, runsOf, type SyncPolicy } from "./view.ts";

/** One step towards what the pod asks for. Steps of one decision do not depend on each other. */
export type Action =
  | { type: "ensure-sandbox" }
  /** Find or pull the image of the container's next run. */
  | { type: "prepare"; container: Container }
  | { type: "start"; container: Container; attempt: number; failures: number; image: NodeImage }
  /** SIGTERM now, SIGKILL at `deadline` (ms since the epoch). */
  | { type: "stop"; run: ObservedContainer; deadline: number; message: string }
  | { type: "remove-container"; id: string }
  | { type: "stop-sandbox" }
  /** Everything has ended: write the last status, take the pod out of the API, forget it. */
  | { type: "finish" };

export interface Decision {
  actions: Action[];
  /** Look again then even if nothing happens, ms since the epoch. */
  wakeAt?: number;
}

/**
 * What to do next for a pod, from what it asks for and what is there. Pure. Called again after every change, so it only ever
 * plans the next step; when nothing is to be done the actions are empty.
 */
export function decide(view: PodView, policy: SyncPolicy): Decision {
  const { pod } = view;
  const plan = new Plan(view);
  if (pod.metadata.deletionTimestamp !== undefined) decideDeletion(view, plan);
  else if (outcomeOf(view)) decideEnd(view, plan);
  else decideRunning(view, policy, plan);
  if (!pod.metadata.deletionTimestamp) removeOldRuns(view, plan);
  return plan.decision();
}

/** The pod of these containers is no longer in the API: stop them, then forget it. */
export function decideOrphan(view: Omit<PodView, "pod">, policy: SyncPolicy): Decision {
  const plan = new Plan(view);
  for (const run of runningContainers(view.observed)) {
    plan.stop(run, view.now + policy.orphanGraceMs, `Stopping container ${run.name}`);
  }
  if (plan.idle && runningContainers(view.observed).length === 0) plan.add({ type: "finish" });
  return plan.decision();
}

function decideDeletion(view: PodView, plan: Plan): void {
  const { pod, observed } = view;
  if (stopAll(view, deletionDeadline(pod, view.now), plan)) return;
  if (observed?.sandbox?.state === "ready") plan.add({ type: "stop-sandbox" });
  else plan.add({ type: "finish" });
}

/**
 * The API server sets deletionTimestamp to the moment when the grace period ends, cut to a whole second. The period begins when we hear of it,
 * but an agent that was restarted in the middle does not give it a second time.
 */
function deletionDeadline(pod: Pod, now: number): number {
  const end = Date.parse(pod.metadata.deletionTimestamp ?? "");
  return Math.max(now, Math.min(now + graceMs(pod), Number.isNaN(end) ? now : end + 1_000));
}

function decideEnd(view: PodView, plan: Plan): void {
  if (stopAll(view, view.now + graceMs(view.pod), plan)) return;
  if (view.observed?.sandbox?.state === "ready") plan.add({ type: "stop-sandbox" });
}

/** Stops what runs, sidecars last and in the reverse order of their start. False when nothing runs any more. */
function stopAll({ pod, observed }: PodView, deadline: number, plan: Plan): boolean {
  const running = runningContainers(observed);
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const others = running.filter(({ name }) => !sidecars.includes(name));
  const lastSidecar = running.toSorted((a, b) => sidecars.indexOf(b.name) - sidecars.indexOf(a.name)).slice(0, 1);
  for (const run of others.length > 0 ? others : lastSidecar) {
    plan.stop(run, deadline, `Stopping container ${run.name}`);
  }
  return running.length > 0;
}

function decideRunning(view: PodView, policy: SyncPolicy, plan: Plan): void {
  const { pod, observed } = view;
  if (observed?.sandbox?.state !== "ready") {
    // Containers whose network is gone are of no use: they are started again in the new sandbox.
    const running = runningContainers(observed);
    for (const run of running) plan.stop(run, view.now, `Pod sandbox changed, container ${run.name} will be restarted`);
    if (running.length > 0) return;
    if (view.sandboxFailure && view.sandboxFailure.retryAt > view.now) plan.wakeAt(view.sandboxFailure.retryAt);
    else plan.add({ type: "ensure-sandbox" });
  }
  const initialization = initializationOf(view);
  for (const container of initialization.active) advance(container, view, policy, plan);
  if (!initialization.complete) return;
  for (const container of pod.spec.containers) advance(container, view, policy, plan);
}

/** The next step for one container that should run. */
function advance(container: Container, view: PodView, policy: SyncPolicy, plan: Plan): void {
  const last = latestRun(view.observed, container.name);
  if (last?.state === "running") {
    keepRunning(last, view, plan);
    return;
  }
  // A start that was interrupted is cleared away first (removeOldRuns): the next one has the same id.
  if (view.observed?.containers.some((run) => run.name === container.name && run.state === "created")) return;
  let attempt = 0;
  let failures = 0;
  if (last) {
    const isRepeated = isInit(view.pod, container) && !isOfSandbox(last, view.observed?.sandbox);
    if (!isRepeated && !mayRestart(view.pod, last)) return;
    const restart = restartPlan(last, policy.restartBackoff, view.observed?.sandbox);
    if (restart.at > view.now) {
      plan.wakeAt(restart.at);
      return;
    }
    attempt = last.attempt + 1;
    failures = restart.failures;
  }
  const preparation = preparationOf(view, container);
  if (preparation?.state === "busy") return;
  if (preparation?.state === "failed" && preparation.retryAt > view.now) {
    // The reason changes from ErrImagePull to ImagePullBackOff a moment after the failure.
    plan.wakeAt(backoffShownAt(preparation.failedAt));
    plan.wakeAt(preparation.retryAt);
    return;
  }
  if (preparation?.state !== "done") plan.add({ type: "prepare", container });
  else if (view.observed?.sandbox?.state === "ready") {
    plan.add({ type: "start", container, attempt, failures, image: preparation.image });
  }
}

function isInit(pod: Pod, { name }: Container): boolean {
  return pod.spec.initContainers?.some((container) => container.name === name) ?? false;
}

/** How long a failed pull is shown as ErrImagePull before it is shown as ImagePullBackOff, ms. */
const errorShownMs = 1_000;

export function backoffShownAt(failedAt: number): number {
  return failedAt + errorShownMs;
}

function keepRunning(run: ObservedContainer, view: PodView, plan: Plan): void {
  const failed = view.health.get(run.id)?.failed;
  if (failed) {
    plan.stop(run, view.now + graceMs(view.pod), `Container ${run.name} failed ${failed} probe, will be restarted`);
  } else if (isOutdated(view.pod, run)) {
    plan.stop(run, view.now + graceMs(view.pod), `Container ${run.name} definition changed, will be restarted`);
  }
}

/** The last run and the one before it are kept: for lastState and for `kubectl logs --previous`. */
function removeOldRuns(view: PodView, plan: Plan): void {
  const { observed } = view;
  for (const run of observed?.containers ?? []) {
    if (run.state === "created") plan.add({ type: "remove-container", id: run.id });
  }
  for (const name of new Set(observed?.containers.map((run) => run.name))) {
    for (const run of runsOf(observed, name).slice(2)) {
      if (run.state === "exited") plan.add({ type: "remove-container", id: run.id });
    }
  }
}

export function graceMs(pod: Pod): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
}

class Plan {
  readonly #view: Pick<PodView, "stopping" | "now">;
  readonly #actions: Action[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(view: Pick<PodView, "stopping" | "now">) {
    this.#view = view;
  }

  get idle(): boolean {
    return this.#actions.length === 0;
  }

  add(action: Action): void {
    this.#actions.push(action);
  }

  /** Once per container, and again only when the time that it is given has become shorter. */
  stop(run: ObservedContainer, deadline: number, message: string): void {
    const current = this.#view.stopping.get(run.id);
    if (current === undefined || deadline < current - 500) this.add({ type: "stop", run, deadline, message });
  }

  wakeAt(moment: number): void {
    if (moment > this.#view.now) this.#wakeAt = Math.min(this.#wakeAt, moment);
  }

  decision(): Decision {
    return Number.isFinite(this.#wakeAt)
      ? { actions: this.#actions, wakeAt: this.#wakeAt }
      : { actions: this.#actions };
  }
}
