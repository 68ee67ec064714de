import type { KubeObject, Pod } from "@drydock/machinery";
import { qosClassOf } from "./qos-class.ts";
import type { Strategy } from "./strategy.ts";

/** Pods end gracefully: the server marks them, the agent of their node stops the containers and then removes them. */
export const podStrategy: Strategy = {
  prepareForCreate(object: KubeObject): void {
    const pod = object as Pod;
    pod.status = { phase: "Pending", qosClass: qosClassOf(pod) };
  },
  gracePeriodSeconds(object: KubeObject, requested: number | undefined): number {
    const pod = object as Pod;
    const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    // Nothing of it runs: there is nobody to wait for.
    if (!pod.spec.nodeName || ended) return 0;
    const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    // Kubernetes: a negative period is "as fast as possible, but gracefully".
    return seconds < 0 ? 1 : seconds;
  },
};
