import type { Pod } from "@drydock/machinery";
import { sortForDeletion } from "./deletion-order.ts";
import type { Fenceposts } from "./fenceposts.ts";
import { templateHashLabel } from "./labels.ts";
import { isAvailable } from "./pod-state.ts";

/** What a strategy decides on. */
export interface Situation {
  replicas: number;
  minReadySeconds: number;
  /** Hash of the wanted template. */
  currentHash: string;
  /** Pods that count as replicas (neither finished nor terminating), of all revisions. */
  active: readonly Pod[];
  /** Hashes of the revisions whose template is still known: only these can be made again. */
  knownHashes: ReadonlySet<string>;
  now: number;
}

/** Which pods to make and to delete. */
export interface PodPlan {
  create: { hash: string; count: number }[];
  remove: Pod[];
}

/**
 * One step of a rolling update; at most `replicas + maxSurge` pods at any time, and no pod deleted by us takes the available ones
 * below `replicas - maxUnavailable`. The sums are those of a Deployment's controller; what its ReplicaSets remember (how many pods
 * an old revision still has to have) follows here from what can be seen:
 *
 * - While old pods are left, at most `maxSurge + maxUnavailable` new ones may be unavailable at once. A Deployment's sums come to the same.
 * - When that many are, or no more are wanted, replicas that are lacking all the same (a lost node, a scale-up) are made of the old
 *   revision, so a rollout that never becomes ready cannot eat the good pods one by one.
 */
export function planRollingUpdate(situation: Situation, { maxSurge, maxUnavailable }: Fenceposts): PodPlan {
  const { replicas, active, currentHash } = situation;
  const updated = active.filter((pod) => hashOf(pod) === currentHash);
  const outdated = active.filter((pod) => hashOf(pod) !== currentHash);
  const available = (pod: Pod) => isAvailable(pod, situation.minReadySeconds, situation.now);
  const minAvailable = replicas - maxUnavailable;
  const limit = replicas + maxSurge;

  const updatedUnavailable = updated.filter((pod) => !available(pod)).length;
  const inFlight = outdated.length === 0 ? Number.POSITIVE_INFINITY : maxSurge + maxUnavailable - updatedUnavailable;
  const create = clamp(Math.min(limit - active.length, replicas - updated.length, inFlight));

  const remove = deletionOrder(updated, situation).slice(0, clamp(updated.length - replicas));
  const gone = new Set(remove);

  // Old pods that serve nobody go first: removing one costs nothing, as long as enough of the rest can become available.
  const unhealthy = deletionOrder(
    outdated.filter((pod) => !available(pod)),
    situation,
  );
  const removable = clamp(active.length - gone.size - minAvailable - (updatedUnavailable - countUnavailable(gone)));
  for (const pod of unhealthy.slice(0, removable)) gone.add(pod);

  const healthy = deletionOrder(outdated.filter(available), situation);
  const availableLeft = active.filter((pod) => available(pod) && !gone.has(pod)).length;
  for (const pod of healthy.slice(0, clamp(availableLeft - minAvailable))) gone.add(pod);

  // Shrinking in the middle of a rollout can leave more than the surge allows.
  const excess = active.length - gone.size - limit;
  const rest = deletionOrder(
    active.filter((pod) => !gone.has(pod)),
    situation,
  );
  for (const pod of rest.slice(0, clamp(excess))) gone.add(pod);

  const plan: PodPlan = { create: create > 0 ? [{ hash: currentHash, count: create }] : [], remove: [...gone] };
  const stuck = outdated.length > 0 && (inFlight <= create || updated.length + create >= replicas);
  const fallback = stuck && gone.size === 0 ? largestRevision(outdated, situation) : undefined;
  if (fallback !== undefined) {
    const serving = active.length - updatedUnavailable;
    const refill = clamp(Math.min(minAvailable - serving, limit - active.length - create));
    if (refill > 0) plan.create.push({ hash: fallback, count: refill });
  }
  return plan;

  function countUnavailable(pods: ReadonlySet<Pod>): number {
    return [...pods].filter((pod) => !available(pod)).length;
  }
}

/** All old pods go; new ones are made when no old one can still be running. `oldRunning` counts terminating ones too. */
export function planRecreate(situation: Situation, oldRunning: number): PodPlan {
  const { replicas, active, currentHash } = situation;
  const updated = active.filter((pod) => hashOf(pod) === currentHash);
  const outdated = active.filter((pod) => hashOf(pod) !== currentHash);
  const create = oldRunning > 0 ? 0 : clamp(replicas - updated.length);
  const surplus = deletionOrder(updated, situation).slice(0, clamp(updated.length - replicas));
  return { create: create > 0 ? [{ hash: currentHash, count: create }] : [], remove: [...outdated, ...surplus] };
}

/** While paused nothing moves from one revision to another; the number of pods still follows `spec.replicas`. */
export function planPaused(situation: Situation, { maxSurge }: Fenceposts, latestHash: string | undefined): PodPlan {
  const { replicas, active } = situation;
  const rolling = new Set(active.map(hashOf)).size > 1;
  const excess = active.length - (replicas + (rolling && replicas > 0 ? maxSurge : 0));
  const lacking = replicas - active.length;
  const hash = active.length > 0 ? largestRevision(active, situation) : latestHash;
  return {
    create: lacking > 0 && hash !== undefined ? [{ hash, count: lacking }] : [],
    remove: deletionOrder(active, situation).slice(0, clamp(excess)),
  };
}

/** The template hash that a pod carries; "" when somebody removed the label. */
export function hashOf(pod: Pod): string {
  return pod.metadata.labels?.[templateHashLabel] ?? "";
}

/** The known revision that has the most available pods, then the most pods, then the first by name. */
function largestRevision(pods: readonly Pod[], { knownHashes, minReadySeconds, now }: Situation): string | undefined {
  const weights = new Map<string, number>();
  for (const pod of pods) {
    const hash = hashOf(pod);
    if (!knownHashes.has(hash)) continue;
    weights.set(hash, (weights.get(hash) ?? 0) + 1 + (isAvailable(pod, minReadySeconds, now) ? pods.length : 0));
  }
  return [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
}

function deletionOrder(pods: readonly Pod[], situation: Situation): Pod[] {
  return sortForDeletion(pods, situation.active, situation);
}

function clamp(count: number): number {
  return Math.max(0, count);
}
