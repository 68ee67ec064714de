// fails at surge: were ready
/** One pod of the Workload that is not ending. */
export interface PodState {
  name: string;
  /** Made from the template that is wanted now; the others are from older ones. */
  current: boolean;
  ready: boolean;
}

export interface Situation {
  replicas: number;
  /** A number of pods, or a share of replicas like "25%". */
  maxSurge: number | string;
  maxUnavailable: number | string;
  pods: readonly PodState[];
}

export interface Plan {
  /** How many pods of the current template are to be made. */
  create: number;
  /** Names of those to be deleted. */
  remove: string[];
}

/**
 * The next step from old pods to new ones. Called again whenever a pod comes, goes, or becomes ready, until there is nothing to do.
 * At no time there are more than replicas + maxSurge pods, nor fewer than replicas - maxUnavailable ready ones.
 */
export function plan(situation: Situation): Plan {
  const { replicas, pods } = situation;
  const { surge, unavailable } = limits(situation);
  const current = pods.filter((pod) => pod.current);
  const old = pods.filter((pod) => !pod.current);
  const create = Math.max(0, Math.min(replicas - current.length, replicas + surge - pods.length));

  // Those that do nothing go first, wherever they are.
  const byUse = current.toSorted((a, b) => Number(a.ready) - Number(b.ready));
  const surplus = byUse.slice(0, Math.max(0, current.length - replicas));
  const useless = old.filter(({ ready }) => !ready);
  const working = old.filter(({ ready }) => ready);
  const ready = pods.filter((pod) => !surplus.includes(pod)).length;
  const spare = Math.max(0, ready - (replicas - unavailable));
  return { create, remove: [...surplus, ...useless, ...working.slice(0, spare)].map(({ name }) => name) };
}

/** Both as numbers of pods. With neither nothing could ever move: then one may be missing. */
function limits({ replicas, maxSurge, maxUnavailable }: Situation): { surge: number; unavailable: number } {
  const surge = Math.ceil(share(maxSurge, replicas));
  const unavailable = Math.floor(share(maxUnavailable, replicas));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function share(value: number | string, of: number): number {
  return typeof value === "number" ? value : (Number.parseInt(value, 10) * of) / 100;
}
