import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../../kind.ts";
import { conditionFields } from "../condition.ts";
import {
  dateTime,
  defineKind,
  definitions,
  flag,
  int32,
  int64,
  intOrString,
  mapList,
  objectSchema,
  oneOf,
} from "../define.ts";
import { LabelSelectorSchema } from "../label-selector.ts";
import { PodTemplateSpecSchema } from "../pod/spec.ts";
import { workloadColumns } from "./columns.ts";
import { setWorkloadDefaults, validateWorkload } from "./rules.ts";

const type = { group: "drydock.dev", version: "v1", kind: "Workload" };
const drydock = definitions("dev.drydock.v1");

const WorkloadStrategySchema = drydock("WorkloadStrategy", "How old pods give way to new ones.", {
  type: Type.Optional(
    oneOf(["RollingUpdate", "Recreate"], "Bit by bit, or all old ones first.", { default: "RollingUpdate" }),
  ),
  rollingUpdate: Type.Optional(
    drydock("RollingUpdateWorkload", "Limits of a rolling update.", {
      maxUnavailable: Type.Optional(
        intOrString("Pods that may be missing during the update: a number, or a share of replicas, rounded down.", {
          default: "25%",
        }),
      ),
      maxSurge: Type.Optional(
        intOrString("Pods that may be there in excess of replicas: a number, or a share, rounded up.", {
          default: "25%",
        }),
      ),
    }),
  ),
});

const WorkloadSpecSchema = drydock("WorkloadSpec", "Desired state of a workload.", {
  replicas: Type.Optional(int32("Number of pods wanted.", { minimum: 0, default: 1 })),
  selector: Type.Optional(LabelSelectorSchema),
  template: PodTemplateSpecSchema,
  strategy: Type.Optional({ ...WorkloadStrategySchema, default: {} }),
  minReadySeconds: Type.Optional(
    int32("Seconds that a new pod must be ready without a crash to count as available.", { minimum: 0 }),
  ),
  revisionHistoryLimit: Type.Optional(int32("Number of old revisions that are kept.", { minimum: 0, default: 10 })),
  progressDeadlineSeconds: Type.Optional(
    int32("Seconds without progress after which the rollout is reported as failed.", { minimum: 1, default: 600 }),
  ),
  paused: Type.Optional(flag("Changes of the template are not rolled out while it is set.")),
});

const WorkloadConditionSchema = drydock("WorkloadCondition", "Available, Progressing or ReplicaFailure.", {
  ...conditionFields,
  lastUpdateTime: Type.Optional(dateTime("When the condition was written last.")),
});

const WorkloadStatusSchema = drydock("WorkloadStatus", "What is seen of a workload, written by its controller.", {
  observedGeneration: Type.Optional(int64("Generation that the controller has acted on.")),
  replicas: Type.Optional(int32("Pods that belong to it and are not ending.")),
  updatedReplicas: Type.Optional(int32("Pods of the current template.")),
  readyReplicas: Type.Optional(int32("Pods that are ready.")),
  availableReplicas: Type.Optional(int32("Pods that have been ready for minReadySeconds.")),
  unavailableReplicas: Type.Optional(int32("Pods still missing until all wanted ones are available.")),
  terminatingReplicas: Type.Optional(int32("Pods that are ending.")),
  collisionCount: Type.Optional(int32("Hash collisions seen when naming revisions.")),
  conditions: Type.Optional(mapList(WorkloadConditionSchema, ["type"], "Available, Progressing, ReplicaFailure.")),
  selector: Type.Optional(Type.String({ description: "The selector as text, for the scale subresource." })),
});

const schema = objectSchema(
  type,
  "dev.drydock.v1",
  "Keeps a number of equal pods running and rolls them to new versions.",
  {
    spec: WorkloadSpecSchema,
    status: Type.Optional(WorkloadStatusSchema),
  },
);

export type Workload = Static<typeof schema>;
export type WorkloadSpec = Static<typeof WorkloadSpecSchema>;
export type WorkloadStatus = Static<typeof WorkloadStatusSchema>;
export type WorkloadCondition = Static<typeof WorkloadConditionSchema>;

export const Workload: Kind<Workload> = defineKind<Workload>({
  ...type,
  plural: "workloads",
  namespaced: true,
  shortNames: ["wl"],
  categories: ["all"],
  subresources: ["status", "scale"],
  scale: { specReplicas: ".spec.replicas", statusReplicas: ".status.replicas", selector: ".status.selector" },
  schema,
  columns: workloadColumns,
  setDefaults: setWorkloadDefaults,
  validate: validateWorkload,
});
