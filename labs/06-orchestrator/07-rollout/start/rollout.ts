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
export function plan({ replicas, pods }: Situation): Plan {
  const old = pods.filter(({ current }) => !current);
  const current = pods.length - old.length;
  return { create: Math.max(0, replicas - current), remove: old.map(({ name }) => name) };
}
