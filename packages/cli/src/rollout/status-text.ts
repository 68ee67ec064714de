import type { Workload } from "@drydock/machinery";

export interface RolloutState {
  done: boolean;
  /** The deadline has passed without progress. */
  stuck: boolean;
  text: string;
}

/** How far a rollout is, in the words of `kubectl rollout status` for a Deployment. Pure. */
export function rolloutState({ metadata, spec, status }: Workload): RolloutState {
  const { name } = metadata;
  const wanted = spec.replicas ?? 1;
  const {
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    observedGeneration = 0,
    conditions = [],
  } = status ?? {};
  const going = (text: string): RolloutState => ({ done: false, stuck: false, text });
  if (observedGeneration < (metadata.generation ?? 0)) {
    return going("Waiting for workload spec update to be observed...");
  }
  const progressing = conditions.find(({ type }) => type === "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") {
    return { done: false, stuck: true, text: `workload "${name}" exceeded its progress deadline` };
  }
  const rollout = `Waiting for workload "${name}" rollout to finish`;
  if (updatedReplicas < wanted) {
    return going(`${rollout}: ${updatedReplicas} out of ${wanted} new replicas have been updated...`);
  }
  if (replicas > updatedReplicas) {
    return going(`${rollout}: ${replicas - updatedReplicas} old replicas are pending termination...`);
  }
  if (availableReplicas < updatedReplicas) {
    return going(`${rollout}: ${availableReplicas} of ${updatedReplicas} updated replicas are available...`);
  }
  return { done: true, stuck: false, text: `workload "${name}" successfully rolled out` };
}
