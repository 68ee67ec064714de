import type { Pod, Taint, Toleration } from "@drydock/machinery";
import { taintKeys, tolerates } from "../../taints.ts";

/**
 * When (ms since the epoch) a pod has to leave its node because of NoExecute taints; undefined when it may stay. A taint that no toleration
 * covers evicts at once; one that is tolerated for some seconds, that long after it was set. The shortest time decides.
 *
 * A pod that says nothing about not-ready or unreachable tolerates them for `defaultSeconds`: in Kubernetes admission writes these
 * tolerations into the pod, with 300 s; here they are part of the rule, so that a lab can see evictions sooner.
 */
export function evictionTime(
  pod: Pod,
  taints: readonly Taint[],
  defaultSeconds: number,
  now: number,
): number | undefined {
  let earliest: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const at = leaveAt(taint, pod.spec.tolerations ?? [], defaultSeconds, now);
    if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
  }
  return earliest;
}

function leaveAt(taint: Taint, own: readonly Toleration[], defaultSeconds: number, now: number): number | undefined {
  const tolerations = own.filter((toleration) => tolerates(toleration, taint));
  const since = taint.timeAdded === undefined ? now : Date.parse(taint.timeAdded);
  if (tolerations.length === 0) {
    const isDefault = taint.key === taintKeys.notReady || taint.key === taintKeys.unreachable;
    return isDefault ? since + defaultSeconds * 1000 : since;
  }
  const seconds = tolerations
    .map(({ tolerationSeconds }) => tolerationSeconds)
    .filter((tolerated) => tolerated !== undefined);
  if (seconds.length === 0) return undefined;
  return since + Math.max(0, Math.min(...seconds)) * 1000;
}
