import {
  type ControllerRevision,
  type LabelSelector,
  matchesLabelSelector,
  type Pod,
  type PodTemplateSpec,
  type Workload,
  type WorkloadStatus,
} from "@drydock/machinery";
import type { Action } from "./actions.ts";
import { type Fenceposts, resolveFenceposts } from "./fenceposts.ts";
import { changeCauseAnnotation, revisionAnnotation } from "./labels.ts";
import { newPod } from "./new-pod.ts";
import { claim } from "./ownership.ts";
import { hashOf, type PodPlan, planPaused, planRecreate, planRollingUpdate, type Situation } from "./plan.ts";
import { newPodNames } from "./pod-names.ts";
import { availableAt, isActive, isFinished, isTerminating } from "./pod-state.ts";
import { findRevision, hashOfRevision, newestFirst, newRevision, surplusRevisions, templateOf } from "./revisions.ts";
import { computeStatus, deadlineAt, isComplete } from "./status.ts";

/** Finished pods of a Workload that are kept, so that one can still read why they failed. */
const finishedPodsKept = 3;

/** All that a decision depends on. */
export interface WorkloadInput {
  workload: Workload;
  /** Those that it owns, and those of its namespace that nobody owns. */
  pods: readonly Pod[];
  /** Likewise. */
  revisions: readonly ControllerRevision[];
  /** Whether any pod of the namespace has this name. */
  nameTaken: (name: string) => boolean;
  /** ms since the epoch. */
  now: number;
  /** Why the last attempt to create pods failed, if it did. */
  createFailure?: string | undefined;
}

/** What to do now, and when to decide again though nothing has changed. */
export interface WorkloadDecision {
  /** In this order; the first that fails ends the turn. */
  actions: Action[];
  status: WorkloadStatus;
  /** ms from now: a pod becomes available, or the progress deadline passes. */
  requeueAfterMs?: number;
}

/**
 * Decides what a Workload needs. A function of what is observed, so it can be repeated at any time: from the same observation the same
 * actions follow, down to the names of new pods.
 */
export function decide(input: WorkloadInput): WorkloadDecision {
  const { workload } = input;
  const selector: LabelSelector = workload.spec.selector ?? {};
  const matches = (labels: Record<string, string>) => matchesLabelSelector(selector, labels);
  const pods = claim(workload, input.pods, matches);
  const revisions = claim(workload, input.revisions, matches);
  const fenceposts = resolveFenceposts(workload.spec.replicas ?? 1, workload.spec.strategy?.rollingUpdate);
  const view: View = { ...input, members: pods.members, history: revisions.members, fenceposts };

  // The pods of a Workload that is being deleted are the garbage collector's.
  if (workload.metadata.deletionTimestamp !== undefined) {
    return { actions: [], status: statusOf(view, findRevision(view.history, workload.spec.template)) };
  }

  const ownership: Action[] = [
    ...revisions.adopt.map((revision): Action => ({ type: "adoptRevision", revision })),
    ...revisions.release.map((revision): Action => ({ type: "releaseRevision", revision })),
    ...pods.adopt.map((pod): Action => ({ type: "adoptPod", pod })),
    ...pods.release.map((pod): Action => ({ type: "releasePod", pod })),
  ];

  const { wanted, created, base, actions: revisionActions, notes } = chooseRevision(view);
  const podActions = base === undefined ? [] : movePods(view, base);
  const status = statusOf(view, wanted, created);
  const cleanup = base === undefined ? [] : cleanUp(view, base, status);
  const requeueAfterMs = nextMoment(view, status);
  return {
    actions: [...ownership, ...revisionActions, ...podActions, ...cleanup, ...notes],
    status,
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

interface View extends WorkloadInput {
  members: readonly Pod[];
  history: readonly ControllerRevision[];
  fenceposts: Fenceposts;
}

interface RevisionChoice {
  /** The revision of the template that the spec asks for. */
  wanted: ControllerRevision | undefined;
  /** The one that pods are moved to: `wanted`, or the newest while a paused Workload makes no new one. */
  base: ControllerRevision | undefined;
  created: boolean;
  actions: Action[];
  /** Actions that nobody waits for. */
  notes: Action[];
}

/**
 * Finds or makes the revision of the wanted template. Going back to an old template moves its revision to the top of the history. A
 * paused Workload makes none; one that was created paused does nothing at all yet.
 */
function chooseRevision(view: View): RevisionChoice {
  const { workload, history } = view;
  const newest = newestFirst(history)[0];
  const found = findRevision(history, workload.spec.template);
  if (found === undefined) {
    if (workload.spec.paused === true)
      return { wanted: undefined, base: newest, created: false, actions: [], notes: [] };
    const revision = newRevision(workload, (newest?.revision ?? 0) + 1);
    return {
      wanted: revision,
      base: revision,
      created: true,
      actions: [{ type: "createRevision", revision }],
      notes: annotate(workload, revision.revision),
    };
  }
  const number = found === newest ? found.revision : (newest?.revision ?? 0) + 1;
  const cause = workload.metadata.annotations?.[changeCauseAnnotation];
  const outdated =
    number !== found.revision || (cause ?? "") !== (found.metadata.annotations?.[changeCauseAnnotation] ?? "");
  return {
    wanted: found,
    base: found,
    created: false,
    actions: outdated ? [{ type: "updateRevision", revision: found, number, cause }] : [],
    notes: annotate(workload, number),
  };
}

function annotate(workload: Workload, number: number): Action[] {
  if (workload.metadata.annotations?.[revisionAnnotation] === String(number)) return [];
  return [{ type: "annotateWorkload", revision: number }];
}

function movePods(view: View, current: ControllerRevision): Action[] {
  const { workload, members, history } = view;
  const templates = new Map<string, PodTemplateSpec>();
  for (const revision of [current, ...history]) {
    const template = templateOf(revision);
    if (template !== undefined) templates.set(hashOfRevision(revision), template);
  }
  const plan = planPods(view, current, new Set(templates.keys()));

  const owner = { name: workload.metadata.name, uid: workload.metadata.uid ?? "" };
  const actions: Action[] = plan.remove.length === 0 ? [] : [{ type: "deletePods", pods: plan.remove }];
  for (const { hash, count } of plan.create) {
    const template = templates.get(hash);
    if (template === undefined) continue;
    const names = newPodNames(owner, hash, count, view.nameTaken);
    const before = members.filter((pod) => isActive(pod) && hashOf(pod) === hash).length;
    // Creating comes first: the sums allow both at once, and the new pods are what somebody waits for.
    actions.unshift({
      type: "createPods",
      revision: `${owner.name}-${hash}`,
      before,
      pods: names.map((name) => newPod(workload, template, hash, name)),
    });
  }
  return actions;
}

function planPods(view: View, current: ControllerRevision, knownHashes: ReadonlySet<string>): PodPlan {
  const { workload, members, now } = view;
  const currentHash = hashOfRevision(current);
  const situation: Situation = {
    replicas: workload.spec.replicas ?? 1,
    minReadySeconds: workload.spec.minReadySeconds ?? 0,
    currentHash,
    active: members.filter(isActive),
    knownHashes,
    now,
  };
  if (workload.spec.paused === true) return planPaused(situation, view.fenceposts, currentHash);
  if (workload.spec.strategy?.type === "Recreate") {
    const oldRunning = members.filter((pod) => hashOf(pod) !== currentHash && !isFinished(pod)).length;
    return planRecreate(situation, oldRunning);
  }
  return planRollingUpdate(situation, view.fenceposts);
}

function statusOf(view: View, wanted: ControllerRevision | undefined, created = false): WorkloadStatus {
  return computeStatus({
    workload: view.workload,
    active: view.members.filter(isActive),
    terminating: view.members.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
    revision: wanted && { name: wanted.metadata.name, hash: hashOfRevision(wanted), created },
    fenceposts: view.fenceposts,
    createFailure: view.createFailure,
    now: view.now,
  });
}

function cleanUp(view: View, current: ControllerRevision, status: WorkloadStatus): Action[] {
  const { workload, members, history } = view;
  const finished = members
    .filter((pod) => isFinished(pod) && !isTerminating(pod))
    .sort((a, b) => creation(b) - creation(a) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const actions: Action[] = finished
    .slice(finishedPodsKept)
    .map((pod) => ({ type: "deleteFinishedPod", pod }) satisfies Action);
  if (workload.spec.paused !== true && isComplete(workload, status)) {
    const used = new Set(members.map(hashOf));
    const limit = workload.spec.revisionHistoryLimit ?? 10;
    for (const revision of surplusRevisions(history, current, used, limit)) {
      actions.push({ type: "deleteRevision", revision });
    }
  }
  return actions;
}

function nextMoment(view: View, status: WorkloadStatus): number | undefined {
  const { workload, members, now } = view;
  const moments = members
    .filter(isActive)
    .map((pod) => availableAt(pod, workload.spec.minReadySeconds ?? 0))
    .filter((at) => at !== undefined && at > now);
  moments.push(deadlineAt(workload, status));
  const ahead = moments.filter((at) => at !== undefined);
  return ahead.length === 0 ? undefined : Math.max(0, Math.min(...ahead) - now);
}

function creation(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? "") || 0;
}
