import { type Static, Type } from "@sinclair/typebox";
import {
  atomicList,
  definitions,
  described,
  flag,
  int32,
  int64,
  mapList,
  oneOf,
  onlyFlag,
  onlyText,
  quantity,
  text,
} from "../define.ts";
import { LifecycleSchema } from "./lifecycle.ts";
import { ProbeSchema } from "./probe.ts";
import {
  ConfigMapKeyRefSchema,
  EnvFromSchema,
  FieldRefSchema,
  ResourceFieldRefSchema,
  SecretKeyRefSchema,
} from "./sources.ts";

const core = definitions("io.k8s.api.core.v1");

const ContainerPort = core("ContainerPort", "A port that a container listens on. Naming it publishes nothing.", {
  name: Type.Optional(text("Name that probes may use; unique in the pod.")),
  containerPort: int32("Port number.", { minimum: 1, maximum: 65535 }),
  protocol: Type.Optional(oneOf(["TCP", "UDP", "SCTP"], "Protocol of the port.", { default: "TCP" })),
});

const EnvVarSource = core("EnvVarSource", "Where the value of a variable comes from: exactly one of these.", {
  fieldRef: Type.Optional(FieldRefSchema),
  resourceFieldRef: Type.Optional(ResourceFieldRefSchema),
  configMapKeyRef: Type.Optional(ConfigMapKeyRefSchema),
  secretKeyRef: Type.Optional(SecretKeyRefSchema),
});

const EnvVar = core("EnvVar", "A variable in the environment of a container.", {
  name: text("Name of the variable."),
  value: Type.Optional(text("Its value; $(NAME) is replaced by variables that were defined before.")),
  valueFrom: Type.Optional(EnvVarSource),
});

const ContainerResources = core("ContainerResources", "Amounts of the resources that containers may ask for.", {
  cpu: Type.Optional(quantity("Processor time in cores; 250m is a quarter of one.")),
  memory: Type.Optional(quantity("Memory in bytes, e.g. 64Mi.")),
});

const ResourceRequirements = core("ResourceRequirements", "What a container needs and what it may use at most.", {
  requests: Type.Optional(
    described("What is set aside for the container; its limits unless stated.", ContainerResources),
  ),
  limits: Type.Optional(described("What the container may use at most.", ContainerResources)),
});

const VolumeMount = core("VolumeMount", "Where a volume of the pod is seen in a container.", {
  name: text("Name of a volume of the pod."),
  mountPath: text("Path in the container."),
  readOnly: Type.Optional(flag("Mounted read-only.")),
});

export const SeccompProfileSchema = core("SeccompProfile", "Which system calls a process may make.", {
  type: oneOf(
    ["RuntimeDefault", "Unconfined"],
    "RuntimeDefault for those that ordinary programs need, Unconfined (the default) for all.",
  ),
});

const SecurityContext = core("SecurityContext", "Who a container's process is and what it may do.", {
  runAsUser: Type.Optional(int64("User id; the image's user when unset.", { minimum: 0, maximum: 2147483647 })),
  runAsGroup: Type.Optional(int64("Group id; the image's group when unset.", { minimum: 0, maximum: 2147483647 })),
  runAsNonRoot: Type.Optional(flag("The container does not start when its user would be root.")),
  allowPrivilegeEscalation: Type.Optional(
    flag("Whether a program may gain more privileges than its parent has (no_new_privs is set when not)."),
  ),
  seccompProfile: Type.Optional(SeccompProfileSchema),
  readOnlyRootFilesystem: Type.Optional(flag("The root file system is mounted read-only.")),
  capabilities: Type.Optional(
    core("Capabilities", "Changes to the default set of capabilities.", {
      add: Type.Optional(atomicList(Type.String(), "Capabilities to add, without CAP_; ALL for all.")),
      drop: Type.Optional(atomicList(Type.String(), "Capabilities to take away; ALL for all.")),
    }),
  ),
  privileged: Type.Optional(onlyFlag(false, "Run with all privileges of the node.")),
});

export const ContainerSchema = core("Container", "One container of a pod.", {
  name: text("Name of the container; a DNS label, unique in the pod, cannot be changed."),
  image: Type.Optional(text("Image reference.")),
  command: Type.Optional(atomicList(Type.String(), "Replaces the image's entrypoint; not run in a shell.")),
  args: Type.Optional(atomicList(Type.String(), "Replaces the image's arguments.")),
  workingDir: Type.Optional(text("Working directory; the image's when unset.")),
  ports: Type.Optional(mapList(ContainerPort, ["containerPort", "protocol"], "Ports that the container listens on.")),
  env: Type.Optional(mapList(EnvVar, ["name"], "Variables of the environment.")),
  envFrom: Type.Optional(atomicList(EnvFromSchema, "ConfigMaps and Secrets all of whose keys become variables.")),
  resources: Type.Optional(ResourceRequirements),
  volumeMounts: Type.Optional(mapList(VolumeMount, ["mountPath"], "Volumes that the container sees.")),
  livenessProbe: Type.Optional(
    described("Failing ends the container; it is started again as restartPolicy says.", ProbeSchema),
  ),
  readinessProbe: Type.Optional(
    described("Failing takes the container out of service until it passes again.", ProbeSchema),
  ),
  startupProbe: Type.Optional(
    described("The other probes wait until it has passed; failing ends the container.", ProbeSchema),
  ),
  restartPolicy: Type.Optional(
    oneOf(["Always"], "Of an init container only: it is a sidecar, which goes on running beside the other containers."),
  ),
  lifecycle: Type.Optional(LifecycleSchema),
  imagePullPolicy: Type.Optional(
    oneOf(
      ["Always", "IfNotPresent", "Never"],
      "When the image is pulled; Always for the tag latest, else IfNotPresent.",
    ),
  ),
  securityContext: Type.Optional(SecurityContext),
  terminationMessagePath: Type.Optional(
    text("File in the container whose content becomes the message of its end.", { default: "/dev/termination-log" }),
  ),
  terminationMessagePolicy: Type.Optional(onlyText("File", "Where the message of a terminated container comes from.")),
  stdin: Type.Optional(onlyFlag(false, "Keep standard input open.")),
  stdinOnce: Type.Optional(onlyFlag(false, "Close standard input after the first attach.")),
  tty: Type.Optional(onlyFlag(false, "Give the container a terminal.")),
});

export type Container = Static<typeof ContainerSchema>;
export type ContainerPort = Static<typeof ContainerPort>;
export type EnvVar = Static<typeof EnvVar>;
export type VolumeMount = Static<typeof VolumeMount>;
export type ResourceRequirements = Static<typeof ResourceRequirements>;
export type SecurityContext = Static<typeof SecurityContext>;
