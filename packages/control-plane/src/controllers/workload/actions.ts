import type { ControllerRevision, Pod } from "@drydock/machinery";

/** One write that a decision asks for. */
export type Action =
  | { type: "adoptPod" | "releasePod" | "deleteFinishedPod"; pod: Pod }
  | { type: "adoptRevision" | "releaseRevision" | "createRevision" | "deleteRevision"; revision: ControllerRevision }
  /** Moves the revision to the top of the history, or brings its change cause up to date. */
  | { type: "updateRevision"; revision: ControllerRevision; number: number; cause: string | undefined }
  /** Notes the number of the current revision on the Workload. */
  | { type: "annotateWorkload"; revision: number }
  /** `before` is how many replicas the revision has now. */
  | { type: "createPods"; revision: string; before: number; pods: Pod[] }
  | { type: "deletePods"; pods: Pod[] };
