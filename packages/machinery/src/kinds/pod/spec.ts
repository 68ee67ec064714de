import { type Static, Type } from "@sinclair/typebox";
import {
  atomicList,
  definitions,
  flag,
  int32,
  int64,
  mapList,
  oneOf,
  onlyFlag,
  onlyText,
  stringMap,
  text,
} from "../define.ts";
import { TemplateMetaSchema } from "../object-meta.ts";
import { ContainerSchema, SeccompProfileSchema } from "./container.ts";
import { ConfigMapVolumeSchema, DownwardVolumeSchema, ProjectedVolumeSchema, SecretVolumeSchema } from "./sources.ts";

const core = definitions("io.k8s.api.core.v1");

const EmptyDir = core("EmptyDirVolumeSource", "An empty directory that lives as long as the pod.", {
  medium: Type.Optional(oneOf(["", "Memory"], "Memory for a tmpfs, empty for the node's disk.")),
});

const HostPath = core("HostPathVolumeSource", "A path of the node.", {
  path: text("Path on the node."),
  type: Type.Optional(
    oneOf(
      ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
      "What must be there, or is made.",
      { default: "" },
    ),
  ),
});

const VolumeSchema = core("Volume", "A directory that the containers of a pod may mount.", {
  name: text("Name of the volume; a DNS label, unique in the pod."),
  emptyDir: Type.Optional(EmptyDir),
  hostPath: Type.Optional(HostPath),
  configMap: Type.Optional(ConfigMapVolumeSchema),
  secret: Type.Optional(SecretVolumeSchema),
  downwardAPI: Type.Optional(DownwardVolumeSchema),
  projected: Type.Optional(ProjectedVolumeSchema),
});
export type Volume = Static<typeof VolumeSchema>;

const TolerationSchema = core("Toleration", "Lets a pod onto nodes with a matching taint.", {
  key: Type.Optional(text("Key of the taint; empty with Exists matches all keys.")),
  operator: Type.Optional(oneOf(["Exists", "Equal"], "Equal (the default) compares the value too.")),
  value: Type.Optional(text("Value of the taint.")),
  effect: Type.Optional(
    oneOf(["", "NoSchedule", "PreferNoSchedule", "NoExecute"], "Effect of the taint; empty matches all."),
  ),
  tolerationSeconds: Type.Optional(int64("How long a NoExecute taint is tolerated; for ever when unset.")),
});
export type Toleration = Static<typeof TolerationSchema>;

export const PodSpecSchema = core("PodSpec", "Desired state of a pod.", {
  containers: mapList(ContainerSchema, ["name"], "Containers of the pod; at least one.", { minItems: 1 }),
  initContainers: Type.Optional(
    mapList(ContainerSchema, ["name"], "Run one after the other, each to its end, before the containers start."),
  ),
  volumes: Type.Optional(mapList(VolumeSchema, ["name"], "Directories that containers may mount.")),
  restartPolicy: Type.Optional(
    oneOf(["Always", "OnFailure", "Never"], "When ended containers are started again.", { default: "Always" }),
  ),
  terminationGracePeriodSeconds: Type.Optional(int64("Seconds from SIGTERM to SIGKILL.", { minimum: 0, default: 30 })),
  nodeName: Type.Optional(text("The node that runs the pod; set by the scheduler.")),
  nodeSelector: Type.Optional(stringMap("Labels that the node must have.", { "x-kubernetes-map-type": "atomic" })),
  tolerations: Type.Optional(atomicList(TolerationSchema, "Taints that the pod puts up with.")),
  schedulerName: Type.Optional(text("Which scheduler places the pod.", { default: "default-scheduler" })),
  priorityClassName: Type.Optional(text("Name of a PriorityClass.")),
  priority: Type.Optional(int32("Value of the PriorityClass; set by the server.")),
  preemptionPolicy: Type.Optional(
    oneOf(["PreemptLowerPriority", "Never"], "Whether the pod may take the place of others; set by the server."),
  ),
  serviceAccountName: Type.Optional(text("ServiceAccount that the pod runs as.")),
  serviceAccount: Type.Optional(text("Old name of serviceAccountName.")),
  securityContext: Type.Optional(
    core("PodSecurityContext", "Settings for all containers of the pod; a container's own come first.", {
      runAsUser: Type.Optional(int64("User id; the image's user when unset.", { minimum: 0, maximum: 2147483647 })),
      runAsGroup: Type.Optional(int64("Group id; the image's group when unset.", { minimum: 0, maximum: 2147483647 })),
      runAsNonRoot: Type.Optional(flag("No container starts whose user would be root.")),
      supplementalGroups: Type.Optional(
        atomicList(Type.Integer({ format: "int64", minimum: 0, maximum: 2147483647 }), "More groups of the processes."),
      ),
      seccompProfile: Type.Optional(SeccompProfileSchema),
      fsGroup: Type.Optional(
        int64("One more group, which owns what is in the pod's volumes.", { minimum: 0, maximum: 2147483647 }),
      ),
    }),
  ),
  dnsPolicy: Type.Optional(onlyText("ClusterFirst", "Where names are looked up.")),
  enableServiceLinks: Type.Optional(flag("Variables for services; there are none, so it changes nothing.")),
  automountServiceAccountToken: Type.Optional(onlyFlag(false, "Give the containers a token of the service account.")),
  shareProcessNamespace: Type.Optional(onlyFlag(false, "One pid namespace for all containers.")),
  hostNetwork: Type.Optional(onlyFlag(false, "Use the node's network.")),
  hostPID: Type.Optional(onlyFlag(false, "Use the node's pid namespace.")),
  hostIPC: Type.Optional(onlyFlag(false, "Use the node's ipc namespace.")),
});
export type PodSpec = Static<typeof PodSpecSchema>;

/** What controllers make pods from. */
export const PodTemplateSpecSchema = core("PodTemplateSpec", "What pods are made from.", {
  metadata: Type.Optional(TemplateMetaSchema),
  spec: PodSpecSchema,
});
export type PodTemplateSpec = Static<typeof PodTemplateSpecSchema>;
