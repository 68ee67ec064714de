import { type Static, Type } from "@sinclair/typebox";
import { observedConditionFields } from "../condition.ts";
import { atomicList, dateTime, definitions, flag, int32, int64, mapList, nullable, oneOf, text } from "../define.ts";

const core = definitions("io.k8s.api.core.v1");

const ContainerStateSchema = core("ContainerState", "Exactly one of waiting, running and terminated.", {
  waiting: Type.Optional(
    core("ContainerStateWaiting", "Not started yet, or waiting to be started again.", {
      reason: Type.Optional(text("One word: ContainerCreating, CrashLoopBackOff, ImagePullBackOff …")),
      message: Type.Optional(text("A sentence for people.")),
    }),
  ),
  running: Type.Optional(
    core("ContainerStateRunning", "Running.", { startedAt: Type.Optional(dateTime("When it was started.")) }),
  ),
  terminated: Type.Optional(
    core("ContainerStateTerminated", "Ended.", {
      exitCode: int32("Exit code; 128 + signal when killed by one."),
      signal: Type.Optional(int32("Signal that ended it.")),
      reason: Type.Optional(text("Completed, Error, OOMKilled, ContainerCannotRun …")),
      message: Type.Optional(text("A sentence for people.")),
      startedAt: Type.Optional(dateTime("When it was started.")),
      finishedAt: Type.Optional(dateTime("When it ended.")),
      containerID: Type.Optional(text("Id of the container, runtime://id.")),
    }),
  ),
});
export type ContainerState = Static<typeof ContainerStateSchema>;

const ContainerStatusSchema = core("ContainerStatus", "What is seen of one container.", {
  name: text("Name of the container."),
  state: Type.Optional(ContainerStateSchema),
  lastState: Type.Optional(ContainerStateSchema),
  ready: flag("Running and passing its readiness probe."),
  restartCount: int32("How often it was started again."),
  image: text("Image that it runs."),
  imageID: text("Digest of that image."),
  containerID: Type.Optional(text("Id of the container, runtime://id.")),
  started: Type.Optional(flag("Running and past its startup probe.")),
});
export type ContainerStatus = Static<typeof ContainerStatusSchema>;

const PodConditionSchema = core("PodCondition", "One step of a pod's life.", {
  ...observedConditionFields,
  lastProbeTime: Type.Optional(nullable(dateTime("When it was last looked at."))),
});
export type PodCondition = Static<typeof PodConditionSchema>;

const HostIPSchema = core("HostIP", "An address of the node.", { ip: text("The address.") });
const PodIPSchema = core("PodIP", "An address of the pod.", { ip: text("The address.") });

export const PodStatusSchema = core("PodStatus", "What is seen of a pod, written by the agent of its node.", {
  phase: Type.Optional(
    oneOf(["Pending", "Running", "Succeeded", "Failed", "Unknown"], "Where the pod is in its life."),
  ),
  conditions: Type.Optional(
    mapList(PodConditionSchema, ["type"], "PodScheduled, Initialized, ContainersReady, Ready …"),
  ),
  message: Type.Optional(text("A sentence for people: why the pod is in this phase.")),
  reason: Type.Optional(text("One word: Evicted, NodeLost …")),
  nominatedNodeName: Type.Optional(text("Node on which room is being made for the pod.")),
  hostIP: Type.Optional(text("Address of the node.")),
  hostIPs: Type.Optional(
    atomicList(HostIPSchema, "Addresses of the node.", {
      "x-kubernetes-patch-merge-key": "ip",
      "x-kubernetes-patch-strategy": "merge",
    }),
  ),
  podIP: Type.Optional(text("Address of the pod.")),
  podIPs: Type.Optional(mapList(PodIPSchema, ["ip"], "Addresses of the pod.")),
  startTime: Type.Optional(dateTime("When the agent took the pod on.")),
  initContainerStatuses: Type.Optional(atomicList(ContainerStatusSchema, "One entry for each init container.")),
  containerStatuses: Type.Optional(atomicList(ContainerStatusSchema, "One entry for each container.")),
  ephemeralContainerStatuses: Type.Optional(atomicList(ContainerStatusSchema, "Always empty.")),
  qosClass: Type.Optional(
    oneOf(["Guaranteed", "Burstable", "BestEffort"], "Follows from requests and limits; set by the server."),
  ),
  observedGeneration: Type.Optional(int64("Generation of the pod that the status was computed from.")),
});
export type PodStatus = Static<typeof PodStatusSchema>;
