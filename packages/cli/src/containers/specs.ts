import type { ContainerSpec, NodeImage, SandboxSpec } from "@drydock/node-agent";
import { logOf, type Place } from "./place.ts";
import type { ContainerRecord } from "./record.ts";

/** The namespace that containers without a cluster are in, for tools that show one (crictl). */
const namespace = "drydock-run";
const cpuPeriodUs = 100_000;

/** A container of its own is a pod with one. Pure. */
export function sandboxSpecOf({ name, uid }: ContainerRecord, place: Place): SandboxSpec {
  return {
    podUid: uid,
    namespace,
    name,
    hostname: name.slice(0, 63).replace(/[-_.]+$/, ""),
    logDirectory: place.logs,
    cgroupParent: `drydock-run/${uid}`,
    hostAliases: [],
    dns: { nameservers: [], searches: [], options: [] },
  };
}

/** Pure. */
export function containerSpecOf(
  { name, uid, request }: ContainerRecord,
  image: NodeImage,
  place: Place,
): ContainerSpec {
  const { command, entrypoint, user, workingDir, memoryLimitBytes, cpus } = request;
  return {
    podUid: uid,
    name,
    attempt: 0,
    image: request.image,
    imageId: image.id,
    specHash: "",
    failures: 0,
    ...(entrypoint === undefined ? {} : { command: [entrypoint] }),
    ...(command.length > 0 ? { args: command } : {}),
    ...(workingDir === undefined ? {} : { workingDir }),
    env: request.env,
    security: {
      allowPrivilegeEscalation: true,
      ...(user ? { runAsUser: user.uid, ...(user.gid === undefined ? {} : { runAsGroup: user.gid }) } : {}),
      runAsNonRoot: false,
      supplementalGroups: [],
      seccompDefault: true,
      addCapabilities: [],
      dropCapabilities: [],
    },
    resources: {
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
      ...(cpus === undefined ? {} : { cpuPeriodUs, cpuQuotaUs: Math.round(cpus * cpuPeriodUs) }),
    },
    oomScoreAdj: 0,
    mounts: request.mounts,
    readOnlyRootFilesystem: request.readOnly,
    logPath: logOf(place, name),
  };
}
