import { containerStatusesOf, type Pod, type PodStatus } from "@drydock/machinery";
import { containerOf } from "./restart-policy.ts";

export interface Notice {
  container: string;
  reason: string;
  message: string;
}

/** Warnings that a change of status is worth: a container began to wait because it failed before. Pure. */
export function noticesOf(pod: Pod, before: PodStatus | undefined, after: PodStatus): Notice[] {
  const notices: Notice[] = [];
  for (const status of containerStatusesOf(after)) {
    const reason = status.state?.waiting?.reason;
    const previous = containerStatusesOf(before).find(({ name }) => name === status.name);
    if (
      reason === undefined ||
      (previous?.state?.waiting?.reason === reason && previous.restartCount === status.restartCount)
    ) {
      continue;
    }
    const { name, namespace, uid } = pod.metadata;
    if (reason === "CrashLoopBackOff") {
      const message = `Back-off restarting failed container ${status.name} in pod ${name}_${namespace}(${uid})`;
      notices.push({ container: status.name, reason: "BackOff", message });
    } else if (reason === "ImagePullBackOff") {
      const image = containerOf(pod, status.name)?.image;
      notices.push({ container: status.name, reason: "BackOff", message: `Back-off pulling image "${image}"` });
    }
  }
  return notices;
}
