import type { Container, Pod } from "@drydock/machinery";
import type { ContainerSecurity, ContainerSpec, SandboxSpec } from "../port/pod-runtime.ts";
import type { SourceObjects } from "../sources/source-objects.ts";
import type { VolumeMountPoint } from "../volumes/volumes.ts";
import type { Action } from "./decide.ts";
import { environmentOf, type NodeFacts } from "./environment.ts";
import { expand } from "./expand.ts";
import { oomScoreAdj, podCgroupPath, qosClassOf } from "./qos.ts";
import { memoryRequestBytes, resourcesOf } from "./resources.ts";
import { specHash } from "./spec-hash.ts";

export interface ClusterNetwork {
  /** DNS servers for pods; none: pods resolve only what is in /etc/hosts. */
  nameservers: string[];
  searches: string[];
}

export function sandboxSpecOf(pod: Pod, network: ClusterNetwork, logDirectory: string): SandboxSpec {
  const { name, namespace = "default", uid = "" } = pod.metadata;
  return {
    podUid: uid,
    namespace,
    name,
    // A host name has at most 63 characters, a pod's name may have 253.
    hostname: name.slice(0, 63).replace(/[-.]+$/, ""),
    logDirectory,
    cgroupParent: podCgroupPath(qosClassOf(pod.spec), uid),
    hostAliases: [],
    dns: { nameservers: network.nameservers, searches: network.searches, options: [] },
  };
}

export interface ContainerSpecInput {
  pod: Pod;
  start: Extract<Action, { type: "start" }>;
  facts: NodeFacts;
  sources: SourceObjects;
  mounts: VolumeMountPoint[];
  logPath: string;
  terminationMessagePath: string;
  machineMemoryBytes: number;
}

/** What the runtime is asked to start, from the pod alone; the adapter adds what the image says. Pure. */
export function containerSpecOf(input: ContainerSpecInput): ContainerSpec {
  const { pod, start, facts, sources } = input;
  const { container } = start;
  const env = environmentOf(pod, container, facts, sources);
  const variables = new Map(env.map(({ name, value }) => [name, value]));
  const expandAll = (texts: string[]): string[] => texts.map((text) => expand(text, variables));
  return {
    podUid: pod.metadata.uid ?? "",
    name: container.name,
    attempt: start.attempt,
    image: container.image ?? "",
    imageId: start.image.id,
    specHash: specHash(container),
    failures: start.failures,
    ...(container.command ? { command: expandAll(container.command) } : {}),
    ...(container.args ? { args: expandAll(container.args) } : {}),
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    env,
    security: securityOf(pod, container),
    resources: resourcesOf(container),
    oomScoreAdj: oomScoreAdj(qosClassOf(pod.spec), memoryRequestBytes(container), input.machineMemoryBytes),
    mounts: [
      ...input.mounts,
      {
        hostPath: input.terminationMessagePath,
        containerPath: container.terminationMessagePath ?? "/dev/termination-log",
        readOnly: false,
      },
    ],
    readOnlyRootFilesystem: container.securityContext?.readOnlyRootFilesystem ?? false,
    logPath: input.logPath,
  };
}

/** What the container says comes before what the pod says of all. */
function securityOf(pod: Pod, container: Container): ContainerSecurity {
  const { supplementalGroups = [], fsGroup, ...ofPod } = pod.spec.securityContext ?? {};
  const { runAsUser, runAsGroup, runAsNonRoot, ...own } = { ...ofPod, ...container.securityContext };
  return {
    allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? true,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    runAsNonRoot: runAsNonRoot ?? false,
    supplementalGroups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
    seccompDefault: own.seccompProfile?.type === "RuntimeDefault",
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
  };
}
