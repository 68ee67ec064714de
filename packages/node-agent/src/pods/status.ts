import { isDeepStrictEqual } from "node:util";
import type { PodStatus } from "@drydock/machinery";
import { conditionsOf } from "./conditions.ts";
import { containerStatus, wholeSeconds } from "./container-status.ts";
import { outcomeOf, phaseOf } from "./phase.ts";
import { qosClassOf } from "./qos.ts";
import type { PodView, SyncPolicy } from "./view.ts";

/** The whole status of a pod on this node, computed from what is observed. Pure. */
export function podStatus(view: PodView, hostIP: string, policy: SyncPolicy): PodStatus {
  const { pod, observed } = view;
  const { phase, reason, message } = phaseOf(view);
  const over = outcomeOf(view) !== undefined || pod.metadata.deletionTimestamp !== undefined;
  const initStatuses = (pod.spec.initContainers ?? []).map((one) => containerStatus(one, over, view, policy));
  const statuses = pod.spec.containers.map((container) => containerStatus(container, over, view, policy));
  // The address of a pod that ended is shown as long as the pod is.
  const podIP = observed?.sandbox?.ip ?? pod.status?.podIP;
  return {
    phase,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime: pod.status?.startTime ?? wholeSeconds(view.now),
    qosClass: qosClassOf(pod.spec),
    conditions: conditionsOf({
      pod,
      phase,
      initStatuses,
      statuses,
      sandboxReady: observed?.sandbox?.state === "ready",
      now: view.now,
    }),
    ...(initStatuses.length > 0 ? { initContainerStatuses: initStatuses } : {}),
    containerStatuses: statuses,
  };
}

/**
 * A merge patch that turns `current` into `wanted`, or undefined when nothing differs. Fields that are not the agent's stay.
 */
export function statusPatch(current: PodStatus | undefined, wanted: PodStatus): Partial<PodStatus> | undefined {
  const before: Record<string, unknown> = { ...current };
  const changed = Object.entries(wanted).filter(([field, value]) => !isDeepStrictEqual(before[field], value));
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as Partial<PodStatus>);
}
