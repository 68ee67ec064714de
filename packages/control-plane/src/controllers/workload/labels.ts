/** On every pod and revision of a Workload: the hash of the pod template that it was made from. */
export const templateHashLabel = "drydock.dev/pod-template-hash";

/** On a Workload: the number of its current revision, as shown by `rollout history`. */
export const revisionAnnotation = "drydock.dev/revision";

/** Copied from the Workload to its revision, so that the history says why each one came to be. */
export const changeCauseAnnotation = "kubernetes.io/change-cause";

/** On a pod: those with lower numbers are removed first when the Workload shrinks. */
export const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
