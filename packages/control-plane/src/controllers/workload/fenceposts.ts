/** How far a rolling update may stray from `spec.replicas`, in pods. */
export interface Fenceposts {
  maxSurge: number;
  maxUnavailable: number;
}

/**
 * Turns `25%` or `2` into pods. As Kubernetes does: surge rounds up, unavailable rounds down, and when both come out as
 * zero one pod may be unavailable, since the rollout could not move otherwise.
 */
export function resolveFenceposts(
  replicas: number,
  rollingUpdate: { maxSurge?: number | string | undefined; maxUnavailable?: number | string | undefined } = {},
): Fenceposts {
  const maxSurge = Math.ceil(scaled(rollingUpdate.maxSurge ?? "25%", replicas));
  const maxUnavailable = Math.floor(scaled(rollingUpdate.maxUnavailable ?? "25%", replicas));
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge: 0, maxUnavailable: 1 };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

function scaled(value: number | string, total: number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) || 0 : (Number(percent) * total) / 100;
}
